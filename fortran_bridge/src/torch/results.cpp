#include "torch/results.hpp"

#include <string>

#include "base/error.hpp"
#include "base/shape.hpp"

namespace gwparam {

void copy_results(const std::vector<at::Tensor> &results,
                  const std::vector<at::Tensor> &outputs, bool may_be_bfloat16) {
    if (results.size() != outputs.size()) {
        throw Error(GWPARAM_ERR_INFERENCE,
                    "the network gives " + std::to_string(results.size()) +
                        " tensors, expected " + std::to_string(outputs.size()));
    }
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        const at::Tensor &source = results[i];
        const bool is_reduced =
            may_be_bfloat16 && source.scalar_type() == c10::kBFloat16;
        // Checked here, because copy_ would broadcast and cast without a word.
        if (source.sizes() != outputs[i].sizes() ||
            (source.dtype() != outputs[i].dtype() && !is_reduced)) {
            throw Error(GWPARAM_ERR_INFERENCE,
                        "output " + std::to_string(i + 1) + " has shape " +
                            shape_text(source.sizes().vec()) + " and dtype " +
                            std::string(source.dtype().name()) + ", expected " +
                            shape_text(outputs[i].sizes().vec()) + " and " +
                            std::string(outputs[i].dtype().name()));
        }
        outputs[i].copy_(source);
    }
}

} // namespace gwparam
