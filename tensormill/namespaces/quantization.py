"""`tf.quantization`: rounding as if quantized."""

from tensormill.ops.quantization import (
    fake_quant_args_gradient_op as fake_quant_with_min_max_args_gradient,
)
from tensormill.ops.quantization import (
    fake_quant_per_channel_gradient_op as fake_quant_with_min_max_vars_per_channel_gradient,
)
from tensormill.ops.quantization import (
    fake_quant_vars_gradient_op as fake_quant_with_min_max_vars_gradient,
)
from tensormill.ops.quantization import (
    fake_quant_with_min_max_args,
    fake_quant_with_min_max_vars,
    fake_quant_with_min_max_vars_per_channel,
    quantize_and_dequantize,
)
from tensormill.ops.quantization import quantize_and_dequantize as quantize_and_dequantize_v2
from tensormill.ops.quantized_ranges import dequantize, quantize, quantized_concat
