"""`tf.distributions` in real TensorFlow and here: densities, moments, divergences."""

import pytest

from tests.oracle.both import answers_of_both, check_values

_PROGRAM = """
d = tf.distributions
x = tf.constant([0.2, 0.7, 0.4])
p = [0.5, 1.5, 3.0]
logits = [[0.1, 0.5, -1.0], [1.0, 0.0, 0.3]]
made = []
continuous = [
    (d.Normal(p, 2.0), d.Normal(0.0, p)), (d.Uniform(0.0, p), None),
    (d.Gamma(p, 2.0), d.Gamma(2.0, p)),
    (d.Exponential(p), None), (d.Laplace(0.5, p), None), (d.Beta(p, 2.0), d.Beta(2.0, p)),
    (d.StudentT(3.0, 0.5, p), None),
]
for one, other in continuous:
    made += [one.prob(x), one.log_prob(x), one.cdf(x), one.survival_function(x), one.mean(),
             one.variance(), one.stddev(), one.entropy(), one.batch_shape_tensor()]
    if other is not None:
        made.append(d.kl_divergence(one, other))
    made += tf.gradients(one.log_prob(x), x)
for one in (d.Normal(p, 2.0), d.Gamma(p, 2.0), d.Beta([2.0, 3.0, 4.0], 2.0), d.Laplace(0.5, p)):
    made.append(one.mode())
b, c = d.Bernoulli(probs=p[0]), d.Bernoulli(logits=x)
made += [b.prob([0, 1]), c.log_prob([1, 0, 1]), c.mean(), c.variance(), c.entropy(), c.mode(),
         d.kl_divergence(b, c)]
k, q = d.Categorical(logits=logits), d.Categorical(probs=[[0.2, 0.3, 0.5]])
made += [k.prob([1, 2]), q.log_prob([2]), k.entropy(), k.mode(), d.kl_divergence(k, q),
         k.cdf([1, 2])]
m = d.Multinomial(4.0, logits=logits)
made += [m.prob([1.0, 2.0, 1.0]), m.mean(), m.variance(), m.covariance(), m.event_shape_tensor()]
r, s = d.Dirichlet([[2.0, 3.0, 4.0]]), d.Dirichlet([[1.0, 1.5, 2.0]])
made += [r.prob([[0.2, 0.3, 0.5]]), r.mean(), r.variance(), r.covariance(), r.mode(), r.entropy(),
         d.kl_divergence(r, s)]
w = d.DirichletMultinomial(4.0, [[2.0, 3.0, 4.0]])
made += [w.prob([[1.0, 2.0, 1.0]]), w.mean(), w.variance(), w.covariance()]
with tf.Session() as session:
    result = session.run(made)
"""


@pytest.mark.oracle
def test_distributions_are_those_of_tensorflow(oracle) -> None:
    result, values = answers_of_both(oracle, _PROGRAM)
    check_values(result, values, rtol=2e-4, atol=1e-5)
