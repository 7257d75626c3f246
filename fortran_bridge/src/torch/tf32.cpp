#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <type_traits>

#include <ATen/Context.h>

#include "gwparam.h"
#include "torch/precision.hpp"

namespace gwparam {

namespace {

// Since 2.9 libtorch names what computes in TF32 one by one, by strings at first and
// by enumerations later; before, there were two switches.
template <typename Setter> struct Names;

template <typename Backend, typename Operation, typename Precision>
struct Names<void (at::Context::*)(Backend, Operation, Precision)> {
    using B = std::decay_t<Backend>;
    using O = std::decay_t<Operation>;
    using P = std::decay_t<Precision>;

    static B cuda() {
        if constexpr (std::is_enum_v<B>) {
            return B::CUDA;
        } else {
            return "cuda";
        }
    }
    static O products() {
        if constexpr (std::is_enum_v<O>) {
            return O::MATMUL;
        } else {
            return "matmul";
        }
    }
    static O convolutions() {
        if constexpr (std::is_enum_v<O>) {
            return O::CONV;
        } else {
            return "conv";
        }
    }
    static P precision(bool tf32) {
        if constexpr (std::is_enum_v<P>) {
            return tf32 ? P::TF32 : P::IEEE;
        } else {
            return tf32 ? "tf32" : "ieee";
        }
    }
};

template <typename Context, typename = void> class Settings {
  public:
    Settings(Context &context, bool tf32)
        : context_(context), products_(context.allowTF32CuBLAS()),
          convolutions_(context.allowTF32CuDNN()) {
        context_.setAllowTF32CuBLAS(tf32);
        context_.setAllowTF32CuDNN(tf32);
    }
    ~Settings() {
        context_.setAllowTF32CuBLAS(products_);
        context_.setAllowTF32CuDNN(convolutions_);
    }
    Settings(const Settings &) = delete;
    Settings &operator=(const Settings &) = delete;

  private:
    Context &context_;
    bool products_;
    bool convolutions_;
};

template <typename Context>
class Settings<Context, std::void_t<decltype(&Context::setFloat32Precision)>> {
    using N = Names<decltype(&Context::setFloat32Precision)>;

  public:
    Settings(Context &context, bool tf32)
        : context_(context),
          products_(context.float32Precision(N::cuda(), N::products())),
          convolutions_(context.float32Precision(N::cuda(), N::convolutions())) {
        const auto precision = N::precision(tf32);
        context_.setFloat32Precision(N::cuda(), N::products(), precision);
        context_.setFloat32Precision(N::cuda(), N::convolutions(), precision);
    }
    ~Settings() {
        context_.setFloat32Precision(N::cuda(), N::products(), products_);
        context_.setFloat32Precision(N::cuda(), N::convolutions(), convolutions_);
    }
    Settings(const Settings &) = delete;
    Settings &operator=(const Settings &) = delete;

  private:
    Context &context_;
    typename N::P products_;
    typename N::P convolutions_;
};

// What the threads that run passes on CUDA devices have agreed on.
struct Agreement {
    std::mutex queue; // who comes first is served first: nobody waits for ever
    std::mutex mutex;
    std::condition_variable changed;
    int users = 0;
    bool tf32 = false;                             // of the users
    std::optional<Settings<at::Context>> settings; // with what the host had
};

Agreement &agreement() {
    static Agreement all;
    return all;
}

} // namespace

Tf32Guard::Tf32Guard(int precision, const c10::Device &device)
    : is_set_(device.is_cuda()) {
    if (!is_set_) {
        return;
    }
    const bool tf32 = precision == GWPARAM_PRECISION_TF32;
    Agreement &all = agreement();
    const std::lock_guard<std::mutex> first(all.queue);
    std::unique_lock<std::mutex> lock(all.mutex);
    all.changed.wait(lock, [&] { return all.users == 0 || all.tf32 == tf32; });
    if (all.users == 0) {
        all.settings.emplace(at::globalContext(), tf32);
        all.tf32 = tf32;
    }
    ++all.users;
}

Tf32Guard::~Tf32Guard() {
    if (!is_set_) {
        return;
    }
    Agreement &all = agreement();
    const std::lock_guard<std::mutex> lock(all.mutex);
    if (--all.users == 0) {
        all.settings.reset();
        all.changed.notify_all();
    }
}

} // namespace gwparam
