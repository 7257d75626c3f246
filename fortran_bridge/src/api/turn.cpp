#include "api/turn.hpp"

#include <string>

#include "base/error.hpp"

namespace gwparam {

namespace {

[[noreturn]] void refuse(const std::string &why) {
    throw Error(GWPARAM_ERR_BUSY, "the scheme is in use by another thread" + why +
                                      ": load one for each thread, they share weights");
}

bool is_of_another(const std::optional<std::thread::id> &thread) {
    return thread.has_value() && *thread != std::this_thread::get_id();
}

} // namespace

Turn::Call::Call(Turn &turn) : turn_(&turn) {
    if (turn.is_forked()) {
        throw Error(GWPARAM_ERR_FORKED,
                    "the process was forked after the scheme was loaded: load it in "
                    "the child, and only there");
    }
    if (turn.is_taken_.exchange(true, std::memory_order_acquire)) {
        refuse("");
    }
}

Turn::Call::~Call() {
    if (turn_ != nullptr) {
        turn_->is_taken_.store(false, std::memory_order_release);
    }
}

void Turn::Call::check_window() const {
    if (is_of_another(turn_->window_of_)) {
        refuse(", which has put into the window");
    }
}

void Turn::Call::check_result() const {
    if (is_of_another(turn_->result_of_)) {
        refuse(", which has run it since");
    }
}

void Turn::Call::leaves_window(bool is_open) {
    if (!is_open) {
        turn_->window_of_.reset();
    } else if (!turn_->window_of_) {
        turn_->window_of_ = std::this_thread::get_id();
    }
}

void Turn::Call::leaves_result(bool is_own) {
    turn_->result_of_.reset();
    if (is_own) {
        turn_->result_of_ = std::this_thread::get_id();
    }
}

} // namespace gwparam
