#include "torch/allowed_graph.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <caffe2/serialize/inline_container.h>
#include <torch/csrc/jit/api/compilation_unit.h>
#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/ir/ir.h>

#include "artefact/archive.hpp"
#include "base/error.hpp"
#include "torch/errors.hpp"
#include "torch/source_check.hpp"

namespace gwparam {

namespace {

// Of torch's operations those that compute numbers, shapes, and texts of messages, from
// their arguments alone. Sorted.
constexpr std::string_view of_aten[] = {
    // clang-format off
    "Bool", "Complex", "Float", "FloatImplicit", "Int", "IntImplicit",
    "ScalarImplicit", "__and__", "__contains__", "__derive_index", "__getitem__",
    "__is__", "__isnot__", "__not__", "__or__", "__range_length", "__xor__",
    "_convolution", "_set_item", "_upsample_bicubic2d_aa", "_upsample_bilinear2d_aa",
    "_upsample_lanczos2d_aa", "_upsample_nearest_exact1d",
    "_upsample_nearest_exact2d", "_upsample_nearest_exact3d", "_weight_norm", "abs",
    "abs_", "absolute", "acos", "acosh", "adaptive_avg_pool1d",
    "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d",
    "adaptive_max_pool2d", "add", "add_", "addbmm", "addcdiv", "addcdiv_", "addcmul",
    "addcmul_", "addmm", "addmv", "all", "alpha_dropout", "alpha_dropout_", "amax",
    "amin", "aminmax", "angle", "any", "append", "arange", "argmax", "argmin",
    "argsort", "asin", "asinh", "atan", "atan2", "atanh", "avg_pool1d", "avg_pool2d",
    "avg_pool3d", "baddbmm", "batch_norm", "bernoulli_", "bitwise_and",
    "bitwise_not", "bitwise_or", "bitwise_xor", "bmm", "broadcast_tensors",
    "broadcast_to", "bucketize", "cat", "cdist", "ceil", "celu", "celu_", "chunk",
    "clamp", "clamp_", "clamp_max", "clamp_max_", "clamp_min", "clamp_min_", "clone",
    "complex", "concat", "conj", "constant_pad_nd", "contiguous", "conv1d", "conv2d",
    "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d",
    "convolution", "copy", "copy_", "copysign", "cos", "cos_", "cosh",
    "cosine_similarity", "count_nonzero", "cross", "cummax", "cummin", "cumprod",
    "cumsum", "deg2rad", "detach", "diag", "diag_embed", "diagonal", "dict", "diff",
    "dim", "div", "div_", "divide", "divmod", "dot", "dropout", "dropout_", "einsum",
    "elu", "elu_", "embedding", "empty", "empty_like", "endswith", "eq", "equal",
    "erf", "erfc", "erfinv", "exp", "exp2", "exp_", "expand", "expand_as", "expm1",
    "extend", "eye", "feature_dropout", "feature_dropout_", "fft_fft", "fft_fft2",
    "fft_fftfreq", "fft_fftn", "fft_fftshift", "fft_ifft", "fft_ifft2", "fft_ifftn",
    "fft_ifftshift", "fft_irfft", "fft_irfft2", "fft_irfftn", "fft_rfft",
    "fft_rfft2", "fft_rfftfreq", "fft_rfftn", "fill", "fill_", "find", "flatten",
    "flip", "fliplr", "flipud", "floor", "floor_", "floor_divide", "floordiv",
    "fmax", "fmin", "fmod", "format", "frac", "full", "full_like", "gather", "ge",
    "gelu", "gelu_", "get", "glu", "greater", "greater_equal", "group_norm", "gru",
    "gru_cell", "gt", "hardshrink", "hardsigmoid", "hardsigmoid_", "hardswish",
    "hardswish_", "hardtanh", "hardtanh_", "heaviside", "hstack", "hypot", "imag",
    "index", "index_add", "index_add_", "index_copy", "index_copy_", "index_fill",
    "index_fill_", "index_put", "index_put_", "index_select", "insert",
    "instance_norm", "is_floating_point", "isclose", "isfinite", "isinf", "isnan",
    "item", "items", "keys", "kron", "layer_norm", "ldexp", "le", "leaky_relu",
    "leaky_relu_", "len", "lerp", "lerp_", "less", "less_equal", "lgamma",
    "linalg_norm", "linalg_vector_norm", "linear", "linspace", "list", "log",
    "log10", "log1p", "log2", "log_", "log_sigmoid", "log_softmax", "logaddexp",
    "logaddexp2", "logcumsumexp", "logical_and", "logical_not", "logical_or",
    "logical_xor", "logit", "logspace", "logsumexp", "lower", "lstm", "lstm_cell",
    "lt", "masked_fill", "masked_fill_", "masked_scatter", "masked_scatter_",
    "masked_select", "matmul", "max", "max_pool1d", "max_pool2d", "max_pool3d",
    "maximum", "mean", "median", "min", "minimum", "mish", "mish_", "mm", "moveaxis",
    "movedim", "mul", "mul_", "multiply", "mv", "nan_to_num", "narrow",
    "native_batch_norm", "native_layer_norm", "ne", "neg", "neg_", "negative",
    "new_empty", "new_full", "new_ones", "new_zeros", "nextafter", "nonzero", "norm",
    "not_equal", "numel", "numpy_T", "one_hot", "ones", "ones_like", "outer", "pad",
    "permute", "pixel_shuffle", "pixel_unshuffle", "polar", "pop", "pow", "pow_",
    "prelu", "prod", "quantile", "rad2deg", "range", "ravel", "real", "reciprocal",
    "reciprocal_", "reflection_pad1d", "reflection_pad2d", "reflection_pad3d",
    "relu", "relu6", "relu6_", "relu_", "remainder", "renorm", "repeat",
    "repeat_interleave", "replication_pad1d", "replication_pad2d",
    "replication_pad3d", "reshape", "reshape_as", "resolve_conj", "resolve_neg",
    "reverse", "rms_norm", "rnn_relu", "rnn_relu_cell", "rnn_tanh", "rnn_tanh_cell",
    "roll", "rot90", "round", "round_", "rrelu", "rrelu_", "rsqrt", "rsqrt_", "rsub",
    "scalar_tensor", "scaled_dot_product_attention", "scatter", "scatter_",
    "scatter_add", "scatter_add_", "scatter_reduce", "searchsorted", "select",
    "select_scatter", "selu", "selu_", "sgn", "sigmoid", "sigmoid_", "sign",
    "signbit", "silu", "silu_", "sin", "sin_", "sinc", "sinh", "size", "slice",
    "slice_scatter", "softmax", "softplus", "softshrink", "sort", "split",
    "split_with_sizes", "sqrt", "sqrt_", "square", "square_", "squeeze", "squeeze_",
    "stack", "startswith", "std", "std_mean", "stride", "sub", "sub_", "subtract",
    "sum", "sum_to_size", "swapaxes", "swapdims", "t", "take", "take_along_dim",
    "tan", "tanh", "tanh_", "tensor", "tensor_split", "tensordot", "threshold",
    "threshold_", "tile", "to", "topk", "trace", "transpose", "transpose_", "tril",
    "triu", "true_divide", "trunc", "trunc_", "type_as", "unbind", "unflatten",
    "unfold", "unsafe_chunk", "unsafe_split", "unsqueeze", "unsqueeze_", "upper",
    "upsample_bicubic2d", "upsample_bilinear2d", "upsample_linear1d",
    "upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d",
    "upsample_trilinear3d", "values", "vander", "var", "var_mean", "view", "view_as",
    "view_as_complex", "view_as_real", "vstack", "where", "xlogy", "zero_", "zeros",
    "zeros_like",
    // clang-format on
};

// Of TorchScript itself: values, calls and control flow. Not in it, among others:
// Print, PythonOp, SetAttr, fork, rpc_sync.
constexpr std::string_view of_prim[] = {
    // clang-format off
    "CallFunction", "CallMethod", "Constant", "ConstantChunk", "CreateObject",
    "DictConstruct", "DictIndex", "EnumName", "EnumValue", "GetAttr", "If",
    "ListConstruct", "ListUnpack", "Loop", "NumToTensor", "RaiseException",
    "StringIndex", "TupleConstruct", "TupleIndex", "TupleSlice", "TupleUnpack",
    "Uninitialized", "abs", "data", "device", "dtype", "is_cpu", "is_cuda",
    "isinstance", "itemsize", "layout", "max", "min", "rangelist", "requires_grad",
    "unchecked_cast", "unchecked_unwrap_optional",
    // clang-format on
};

template <typename Table> bool is_in(const Table &table, std::string_view name) {
    return std::binary_search(std::begin(table), std::end(table), name);
}

void check_block(const std::string &path, const torch::jit::Block *block) {
    for (const torch::jit::Node *node : block->nodes()) {
        const std::string name = node->kind().toQualString();
        if (!is_allowed(name)) {
            throw Error(GWPARAM_ERR_CONTRACT,
                        path + " uses the operation " + name +
                            ", expected a graph of arithmetic, shapes and control "
                            "flow");
        }
        for (const torch::jit::Block *inner : node->blocks()) {
            check_block(path, inner);
        }
    }
}

bool ends_with(const std::string &text, const std::string &end) {
    return text.size() >= end.size() &&
           text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// Into memory that holds one byte, as far before it as what is packed can point.
std::string unpacked(caffe2::serialize::PyTorchStreamReader &reader,
                     const std::string &name, std::size_t size, char before) {
    constexpr std::size_t reach = 32768;
    std::string memory(reach + size, before);
    reader.getRecord(name, memory.data() + reach, size);
    return memory.substr(reach);
}

// Of a file of code or names; whatever is compressed is one.
std::string contents(Archive &archive, const Archive::Entry &entry,
                     caffe2::serialize::PyTorchStreamReader &reader) {
    constexpr std::uint64_t most = 64 << 20;
    const std::string name = entry.inner_name();
    if (entry.bytes > most) {
        archive.reject(name + " has " + std::to_string(entry.bytes) +
                       " bytes, expected at most " + std::to_string(most));
    }
    std::string bytes;
    if (entry.is_plain) {
        archive.read(entry, [&bytes](const std::string &piece) { bytes += piece; });
        return bytes;
    }
    bytes = unpacked(reader, name, entry.bytes, '\x00');
    // What libtorch unpacks may take in what lies in memory before it.
    if (crc32(bytes) != entry.crc ||
        unpacked(reader, name, entry.bytes, '\xff') != bytes) {
        archive.reject(name + " is damaged: its checksum differs");
    }
    return bytes;
}

} // namespace

void check_code(const std::string &path) {
    Archive archive(path);
    try {
        caffe2::serialize::PyTorchStreamReader reader(path);
        for (const Archive::Entry &entry : archive.entries()) {
            const std::string name = entry.inner_name();
            const bool is_source =
                name.rfind("code/", 0) == 0 && ends_with(name, ".py");
            const bool is_pickle = ends_with(name, ".pkl");
            if (entry.is_plain && !is_source && !is_pickle) {
                continue;
            }
            const std::string bytes = contents(archive, entry, reader);
            if (is_source) {
                check_source(path + ": " + name, bytes);
            }
            // Objects of torch's own classes, which have code for being loaded.
            if (is_pickle && bytes.find("torch.classes") != std::string::npos) {
                throw Error(GWPARAM_ERR_CONTRACT,
                            path + ": " + name +
                                " holds an object of torch.classes, expected tensors "
                                "and numbers");
            }
        }
    } catch (const c10::Error &e) {
        archive.reject(first_line(e));
    }
}

bool is_allowed(std::string_view operation) {
    constexpr std::string_view aten = "aten::";
    constexpr std::string_view prim = "prim::";
    return operation.substr(0, aten.size()) == aten
               ? is_in(of_aten, operation.substr(aten.size()))
               : operation.substr(0, prim.size()) == prim &&
                     is_in(of_prim, operation.substr(prim.size()));
}

void check_graphs(const std::string &path, const torch::jit::Module &module) {
    const auto unit = module._ivalue()->compilation_unit();
    std::size_t done = 0;
    try {
        // To compile one function can bring in others.
        for (auto all = unit->get_functions(); done < all.size();
             all = unit->get_functions()) {
            for (; done < all.size(); ++done) {
                all[done]->ensure_defined();
                check_block(path,
                            torch::jit::toGraphFunction(*all[done]).graph()->block());
            }
        }
    } catch (const c10::Error &e) {
        throw Error(GWPARAM_ERR_FILE,
                    path + " is no complete TorchScript archive: " + first_line(e));
    }
}

} // namespace gwparam
