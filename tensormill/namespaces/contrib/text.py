"""`tf.contrib.text`: tokens with what stands close to them."""

from tensormill.train.skip_gram_samples import skip_gram_sample, skip_gram_sample_with_text_vocab
