// What tests of whole encodes through the local engine share.
#pragma once

#include <cstdlib>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "cloud/coordinator.hh"
#include "cloud/local_engine.hh"
#include "cloud/process.hh"
#include "cloud/services.hh"
#include "tests/cloud/store_proxy.hh"
#include "tests/cloud/test_runs.hh"
#include "tests/host/test_clips.hh"

namespace cloud::test {

/// A local engine, started when it is first asked for, and encodes through it.
class Engine : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto s3rver = find_s3rver();
    if (!s3rver || find_program("redis-server").empty() || find_program("openssl").empty())
      GTEST_SKIP() << "the local engine needs redis-server, openssl, Node.js, and s3rver by npm";
    ::setenv("AWS_ACCESS_KEY_ID", LocalS3::credentials().access_key_id.c_str(), 1);
    ::setenv("AWS_SECRET_ACCESS_KEY", LocalS3::credentials().secret_access_key.c_str(), 1);
    ::unsetenv("AWS_SESSION_TOKEN");
    options_.folder = folder_ / "";
    options_.s3rver = *s3rver;
    options_.worker = {FASTSLOW_PROGRAM, "worker"};
    options_.concurrency = 8;
  }

  LocalEngine& engine() {
    if (!engine_)
      engine_ = std::make_unique<LocalEngine>(options_);
    return *engine_;
  }

  CoordinatorOptions run_options(int workers = 8) const {
    CoordinatorOptions options;
    options.key = key_;
    options.scheduler.workers = {.start = workers, .per_second = 100, .limit = workers};
    options.scheduler.backoff_ms = 5;
    options.scheduler.attempts = 50;
    options.scheduler.losses = 50;
    options.threads = 2;
    options.reopen = [this] { return clip_.open_again(); };
    return options;
  }

  // By workers. Nothing may stay behind.
  Encoded encode(const CloudConfig& config,
                 const CoordinatorOptions& options,
                 ExchangeKind exchange = ExchangeKind::kRedis) {
    RunServices services(config, "test", exchange);
    const auto device = gpu::make_cpu_device();
    Encoded encoded;
    SyntheticSource source = clip_.open();
    summary_ =
        encode_on_workers(source, plan_, options,
                          {services.store(), services.exchange(), services.invoker(), *device},
                          [&](const host::CodedFrame& frame) { encoded.add(frame); });
    encoded.summary = summary_.encode;
    services.dismiss();
    EXPECT_TRUE(services.store().list("").empty());
    return encoded;
  }

  // Through a store that does harm, which must not change a byte.
  void expect_equal_with(const StoreProxy::Choice& choose) {
    const StoreProxy proxy(engine().s3().endpoint(), choose);
    CloudConfig config = engine().config();
    config.store_endpoint = proxy.endpoint();
    expect_equal(encode(config, run_options()), encode_locally(clip_, plan_));
  }

  Clip clip_;
  host::Plan plan_ = plan_of(clip_, 4, 3);
  SealKey key_ = make_seal_key();
  CloudSummary summary_;
  host::test::TempFolder folder_;
  LocalEngineOptions options_;
  std::unique_ptr<LocalEngine> engine_;
};

}  // namespace cloud::test
