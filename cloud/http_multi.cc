// Many HTTP requests at once: libcurl's multi handle, driven by one thread. Other threads only
// leave notes for it.
#include "cloud/http_multi.hh"

#include <algorithm>
#include <stdexcept>

#include "cloud/http_transfer.hh"

namespace cloud {

// A request under way, or waiting for the thread to begin it.
struct HttpMulti::Line {
  Line(const HttpOptions& options, HttpRequest what, Bytes bytes, Done then)
      : request(std::move(what)), body(std::move(bytes)), done(std::move(then)), transfer(options) {
    request.body = body;
  }

  HttpRequest request;
  Bytes body;
  Done done;
  HttpTransfer transfer;
};

class HttpMulti::Loop {
 public:
  explicit Loop(HttpOptions options) : options_(std::move(options)), multi_(curl_multi_init()) {
    if (multi_ == nullptr)
      throw std::runtime_error("libcurl does not start");
  }
  Loop(const Loop&) = delete;
  Loop(Loop&&) = delete;
  Loop& operator=(const Loop&) = delete;
  Loop& operator=(Loop&&) = delete;
  ~Loop() {
    for (const auto& line : running_)
      curl_multi_remove_handle(multi_, line->transfer.handle());
    running_.clear();
    curl_multi_cleanup(multi_);
  }

  void start(HttpRequest request, Bytes body, Done done) {
    leave_note([&] {
      to_start_.push_back(
          std::make_unique<Line>(options_, std::move(request), std::move(body), std::move(done)));
    });
  }
  void stop() {
    leave_note([&] { stopped_ = true; });
  }
  void run();

 private:
  static constexpr int kPollMs = 1000;

  template <class Change>
  void leave_note(const Change& change) {
    {
      const std::lock_guard lock(mutex_);
      change();
    }
    curl_multi_wakeup(multi_);
  }
  bool read_notes();
  void begin(std::unique_ptr<Line> line);
  void report_ended();
  std::unique_ptr<Line> take(const CURL* handle);

  HttpOptions options_;
  CURLM* multi_;
  std::vector<std::unique_ptr<Line>> running_;
  std::mutex mutex_;  // over the notes
  std::vector<std::unique_ptr<Line>> to_start_;
  bool stopped_ = false;
};

void HttpMulti::Loop::run() {
  while (read_notes()) {
    int count = 0;
    curl_multi_perform(multi_, &count);
    report_ended();
    curl_multi_poll(multi_, nullptr, 0, kPollMs, nullptr);
  }
}

// False when it is time to stop.
bool HttpMulti::Loop::read_notes() {
  std::vector<std::unique_ptr<Line>> start;
  {
    const std::lock_guard lock(mutex_);
    if (stopped_)
      return false;
    start.swap(to_start_);
  }
  for (auto& line : start)
    begin(std::move(line));
  return true;
}

void HttpMulti::Loop::begin(std::unique_ptr<Line> line) {
  try {
    line->transfer.prepare(line->request);
  } catch (const std::exception& error) {
    line->done(HttpError(error.what()));
    return;
  }
  curl_multi_add_handle(multi_, line->transfer.handle());
  running_.push_back(std::move(line));
}

std::unique_ptr<HttpMulti::Line> HttpMulti::Loop::take(const CURL* handle) {
  const auto found = std::find_if(running_.begin(), running_.end(), [&](const auto& line) {
    return line->transfer.handle() == handle;
  });
  std::unique_ptr<Line> line = std::move(*found);
  running_.erase(found);
  return line;
}

void HttpMulti::Loop::report_ended() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE)
      continue;
    CURL* handle = message->easy_handle;
    const CURLcode code = message->data.result;  // the message goes with the handle
    curl_multi_remove_handle(multi_, handle);
    const std::unique_ptr<Line> line = take(handle);
    try {
      line->done(line->transfer.finish(code));
    } catch (const HttpError& error) {
      line->done(error);
    }
  }
}

HttpMulti::HttpMulti(HttpOptions options)
    : loop_(std::make_unique<Loop>(std::move(options))), thread_([this] { loop_->run(); }) {}

HttpMulti::~HttpMulti() {
  loop_->stop();
  thread_.join();
}

void HttpMulti::start(HttpRequest request, Bytes body, Done done) {
  loop_->start(std::move(request), std::move(body), std::move(done));
}

}  // namespace cloud
