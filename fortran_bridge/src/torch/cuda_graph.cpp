// The only unit with the headers of CUDA.
#include "torch/cuda_graph.hpp"

#include <exception>
#include <mutex>

#include <ATen/cuda/CUDAGraph.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <c10/cuda/CUDACachingAllocator.h>

namespace gwparam {

namespace {

// The profiling executor of TorchScript is settled after two calls; libraries of the
// device choose their kernels and take their memory in the first.
constexpr int warm_up_calls = 3;

class CudaGraph : public RecordedWork {
  public:
    // Throws where the work does what a graph cannot hold.
    CudaGraph(const c10::Device &device, const std::function<void()> &work)
        : device_(device), pool_(at::cuda::graph_pool_handle()),
          graph_(std::make_unique<at::cuda::CUDAGraph>()) {
        // Only what this thread does may spoil the recording.
        graph_->capture_begin(pool_, cudaStreamCaptureModeThreadLocal);
        try {
            work();
            graph_->capture_end();
        } catch (...) {
            abandon();
            throw;
        }
    }

    void repeat() override { graph_->replay(); }

  private:
    void abandon() noexcept {
        const auto attempt = [](const auto &step) {
            try {
                step();
            } catch (const std::exception &) { // it was ended already
            }
        };
        attempt([this] { graph_->capture_end(); });
        // Where capture_end() fails, libtorch leaves its allocator recording.
        namespace allocator = c10::cuda::CUDACachingAllocator;
        attempt([this] { allocator::endAllocateToPool(device_.index(), pool_); });
        attempt([this] { allocator::releasePool(device_.index(), pool_); });
        // The allocator may still refer to it.
        static_cast<void>(graph_.release());
    }

    c10::Device device_;
    decltype(at::cuda::graph_pool_handle()) pool_;
    std::unique_ptr<at::cuda::CUDAGraph> graph_;
};

} // namespace

std::unique_ptr<RecordedWork> record_work(const c10::Device &device,
                                          const std::function<void()> &work) {
    // The allocator refuses to empty its cache while another thread records.
    static std::mutex one_at_a_time;
    const std::lock_guard<std::mutex> lock(one_at_a_time);
    const c10::impl::VirtualGuardImpl cuda(device.type());
    cuda.getStream(device).synchronize(); // what the work reads is there
    const c10::Stream aside = cuda.getStreamFromGlobalPool(device);
    const c10::StreamGuard guard(aside);
    for (int call = 0; call < warm_up_calls; ++call) {
        work();
    }
    aside.synchronize();
    // The memory of the warm-up; the graph takes its own.
    c10::cuda::CUDACachingAllocator::emptyCache();
    try {
        return std::make_unique<CudaGraph>(device, work);
    } catch (const std::exception &) {
        return nullptr;
    }
}

} // namespace gwparam
