// Trying services one after the other.
#include "cloud/check.hh"

#include <algorithm>
#include <chrono>
#include <functional>
#include <span>
#include <stdexcept>

#include "cloud/error.hh"
#include "host/pipeline.hh"

namespace cloud {
namespace {

constexpr int kWidth = 64;
constexpr int kHeight = 48;
constexpr int kPictures = 4;
constexpr std::chrono::seconds kPatience{10};
constexpr int kStartLimitMs = 60'000;
constexpr const char* kRights =
    "let the stack's EncoderPolicy be attached to whoever you are: aws sts get-caller-identity";
constexpr const char* kWays =
    "compare the configuration with the stack's outputs, and look whether this machine reaches it";

// Something that moves over something that stays.
vp8::Picture picture_of(int number) {
  vp8::Picture picture(kWidth, kHeight);
  for (const vp8::Plane plane : {vp8::kPlaneY, vp8::kPlaneU, vp8::kPlaneV}) {
    const vp8::PlaneView view = picture.coded(plane);
    for (int y = 0; y < view.height; ++y) {
      for (int x = 0; x < view.width; ++x) {
        const bool moves = x / 8 == number && y / 8 == 1;
        view.row(y)[x] = static_cast<std::uint8_t>(moves ? 220 : 60 + y + x % 7);
      }
    }
  }
  picture.extend_borders();
  return picture;
}

class TestClip : public host::PictureSource {
 public:
  TestClip() {
    info_.width = kWidth;
    info_.height = kHeight;
  }
  const host::StreamInfo& info() const override { return info_; }
  std::optional<vp8::Picture> next() override {
    return next_ < kPictures ? std::optional(picture_of(next_++)) : std::nullopt;
  }

 private:
  host::StreamInfo info_;
  int next_ = 0;
};

Finding try_out(const std::string& what, const std::function<std::string()>& attempt) {
  try {
    return {what, true, attempt(), {}};
  } catch (const Denied& error) {
    return {what, false, error.what(), kRights};
  } catch (const Unavailable& error) {
    return {what, false, error.what(), kWays};
  }
}

void expect(bool good, const std::string& text) {
  if (!good)
    throw Unavailable(text);
}

std::string try_store(ObjectStore& store) {
  const std::string key = "check";
  const Bytes bytes(1000, 'x');
  store.put(key, bytes);
  expect(!store.put_new(key, Bytes{1}), "an object was replaced that should have stayed");
  expect(store.get(key) == bytes, "an object is not what was written");
  const std::vector<std::string> keys = store.list("");
  expect(std::find(keys.begin(), keys.end(), key) != keys.end(), "an object is not listed");
  store.remove(std::span(&key, 1));
  expect(!store.get(key), "an object is still there after it was removed");
  return "objects can be written, read, listed and removed";
}

std::string try_exchange(StateExchange& exchange) {
  const Bytes bytes(1000, 'x');
  exchange.publish("check", bytes);
  expect(exchange.wait("check", kPatience) == bytes, "a state does not arrive");
  expect(!exchange.publish("check", Bytes{1}), "a state was replaced that should have stayed");
  return "states arrive, and stay as they are";
}

std::string advice_for(EndReason reason) {
  switch (reason) {
    case EndReason::kThrottled:
      return "raise the account's limit, or the stack's Concurrency: aws lambda "
             "get-account-settings";
    case EndReason::kFatal:
      return std::string("look whether function and region are the stack's, and ") + kRights +
             "; if the worker itself was refused, update the stack";
    default:
      return "look at the function's log in CloudWatch; make the package anew with this version, "
             "upload it under a new key, update the stack with it and with its Architecture";
  }
}

std::vector<Bytes> encode_here(const host::Plan& plan, gpu::Device& device) {
  TestClip clip;
  std::vector<Bytes> frames;
  host::encode_video(clip, plan, {}, device, [&](const host::CodedFrame& frame) {
    frames.emplace_back(frame.bytes.begin(), frame.bytes.end());
  });
  return frames;
}

Finding try_workers(const CoordinatorServices& services) {
  host::Plan plan;
  plan.width = kWidth;
  plan.height = kHeight;
  plan.chunk_frames = 2;
  TestClip clip;
  CoordinatorOptions options;
  options.key = make_seal_key();
  options.scheduler.attempts = 2;
  options.scheduler.start_limit_ms = kStartLimitMs;
  options.scheduler.throttle_patience_ms = kStartLimitMs;
  options.reopen = [] { return std::make_unique<TestClip>(); };
  std::vector<Bytes> frames;
  try {
    const Finding tried = try_out("workers", [&] {
      const CloudSummary summary =
          encode_on_workers(clip, plan, options, services, [&](const host::CodedFrame& frame) {
            frames.emplace_back(frame.bytes.begin(), frame.bytes.end());
          });
      return std::to_string(summary.scheduler.invocations) +
             " tasks made the same frames as this machine";
    });
    if (tried.good && frames != encode_here(plan, services.device)) {
      return {"workers", false, "they make other frames than this machine",
              "make the package anew with this version, and update the stack"};
    }
    return tried;
  } catch (const RunEnded& end) {
    // What is left of it; whoever cannot remove it has been told why above.
    const std::vector<std::string> keys = services.store.list("");
    services.store.remove(keys);
    return {"workers", false, end.what(), advice_for(end.reason())};
  }
}

}  // namespace

std::vector<Finding> check_services(const CoordinatorServices& services) {
  std::vector<Finding> findings;
  findings.push_back(try_out("bucket", [&] { return try_store(services.store); }));
  findings.push_back(try_out("exchange", [&] { return try_exchange(services.exchange); }));
  if (findings.front().good)
    findings.push_back(try_workers(services));
  return findings;
}

}  // namespace cloud
