// Work of a CUDA device on fixed memory, recorded once and repeated as one call.
#pragma once

#include <functional>
#include <memory>

#include <c10/core/Device.h>

namespace gwparam {

class RecordedWork {
  public:
    virtual ~RecordedWork() = default;

    // On the current stream of the device.
    virtual void repeat() = 0;
};

// Does the work some times, then records it. Null where it cannot be recorded: the
// library was built without the headers of CUDA, or the network asks the device for
// values while it runs. Throws what the work throws before it is recorded.
std::unique_ptr<RecordedWork> record_work(const c10::Device &device,
                                          const std::function<void()> &work);

} // namespace gwparam
