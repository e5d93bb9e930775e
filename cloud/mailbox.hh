// What other threads want one thread to do.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

namespace cloud {

/// A queue of calls for the thread that owns it.
class Mailbox {
 public:
  using Call = std::function<void()>;

  /// From any thread. After close() it does nothing.
  void post(Call call) {
    const std::lock_guard lock(mutex_);
    if (closed_)
      return;
    calls_.push_back(std::move(call));
    wake_.notify_one();
  }

  /// The next call; nothing if none comes within `limit`.
  std::optional<Call> take(std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, limit, [&] { return !calls_.empty(); });
    if (calls_.empty())
      return {};
    Call call = std::move(calls_.front());
    calls_.pop_front();
    return call;
  }

  /// Drops all calls, and those to come.
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    calls_.clear();
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Call> calls_;
  bool closed_ = false;
};

}  // namespace cloud
