// Settings from the environment, the table of devices and the order of queued work.
#include "tests/cudart/settings.hh"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/cudart/device_models.hh"
#include "tests/cudart/work_queue.hh"

namespace cudart_standin {
namespace {

class Environment : public testing::Test {
 protected:
  ~Environment() override {
    for (const std::string& name : names_) {
      unsetenv(name.c_str());
    }
  }
  void set(const std::string& name, const std::string& value) {
    names_.push_back("FAKE_CUDA_" + name);
    setenv(names_.back().c_str(), value.c_str(), 1);
  }

 private:
  std::vector<std::string> names_;
};

TEST_F(Environment, GivesAllSettings) {
  EXPECT_EQ(settings_from_environment(), Settings{});
  set("DEVICES", "3");
  set("OLD_DRIVER", "1");
  set("DEVICE", "t4");
  set("MEMORY", "123456789012");
  set("ORDER", "seeded");
  set("LANES", "reverse");
  set("SEED", "42");
  set("FAIL_ALLOCATION", "4");
  set("FAIL_LAUNCH", "5");
  set("FAIL_SYNCHRONISE", "6");
  set("REPORT", "/tmp/r.json");
  EXPECT_EQ(settings_from_environment(), (Settings{.device_count = 3,
                                                   .old_driver = true,
                                                   .device = "t4",
                                                   .memory_bytes = 123456789012,
                                                   .order = Order::kSeeded,
                                                   .lanes = ptx::Order::kReverse,
                                                   .seed = 42,
                                                   .fail_allocation = 4,
                                                   .fail_launch = 5,
                                                   .fail_synchronise = 6,
                                                   .report_path = "/tmp/r.json"}));
}

TEST_F(Environment, IsRefusedWhereItIsNotUnderstood) {
  using Setting = std::pair<std::string, std::string>;
  for (const auto& [name, value] :
       {Setting("DEVICES", "one"), Setting("DEVICES", "-1"), Setting("DEVICES", "1x"),
        Setting("OLD_DRIVER", "yes"), Setting("DEVICE", "h100"), Setting("ORDER", "random"),
        Setting("LANES", ""), Setting("SEED", ""), Setting("NO_SUCH", "1")}) {
    set(name, value);
    EXPECT_THROW(settings_from_environment(), std::invalid_argument) << name << "=" << value;
    unsetenv(("FAKE_CUDA_" + name).c_str());
  }
}

TEST(DeviceModels, HaveTheirArchitecturesLimits) {
  for (const DeviceModel& model : device_models()) {
    const cudaDeviceProp properties = device_properties(model, 0, 0);
    EXPECT_STREQ(properties.name, model.board.data());
    EXPECT_EQ(properties.totalGlobalMem, model.memory_mib << 20);
    EXPECT_EQ(device_attribute(model, properties, cudaDevAttrMultiProcessorCount),
              model.multiprocessors);
    EXPECT_EQ(properties.maxThreadsPerMultiProcessor % 512, 0);
    EXPECT_LE(properties.sharedMemPerBlockOptin, properties.sharedMemPerMultiprocessor);
  }
  EXPECT_EQ(device_properties(device_model("l4"), 0, 12345).totalGlobalMem, 12345U);
  EXPECT_THROW(device_model("l5"), std::invalid_argument);
}

// Memory bandwidth is what data sheets state to the customer: bus x clock x 2 / 8.
TEST(DeviceModels, HaveTheBandwidthOfTheirDataSheets) {
  const auto gigabytes_per_second = [](const char* name) {
    const DeviceModel& model = device_model(name);
    return static_cast<int>(std::int64_t{model.memory_bus_bits} * model.memory_clock_mhz * 2 / 8 /
                            1000);
  };
  EXPECT_NEAR(gigabytes_per_second("h100-pcie"), 2039, 2);
  EXPECT_NEAR(gigabytes_per_second("h100-sxm"), 3352, 2);
  EXPECT_NEAR(gigabytes_per_second("l4"), 300, 1);
  EXPECT_NEAR(gigabytes_per_second("rtx-4090"), 1008, 1);
  EXPECT_NEAR(gigabytes_per_second("t4"), 320, 1);
  EXPECT_NEAR(gigabytes_per_second("rtx-5090"), 1792, 1);
}

TEST(DeviceModels, HoldBlocksByTheScarcestResource) {
  const auto blocks = [](const char* device, int registers, std::size_t shared_bytes, int threads) {
    return blocks_per_multiprocessor(device_properties(device_model(device), 0, 0),
                                     {.registers = registers,
                                      .static_shared_bytes = shared_bytes,
                                      .max_threads = 1024,
                                      .max_dynamic_shared_bytes = 0},
                                     threads, 0)
        .value_or(-1);
  };
  EXPECT_EQ(blocks("h100-sxm", 64, 0, 256), 4);      // 64 Ki registers
  EXPECT_EQ(blocks("h100-sxm", 32, 0, 256), 8);      // 2048 threads
  EXPECT_EQ(blocks("l4", 32, 0, 256), 6);            // 1536 threads
  EXPECT_EQ(blocks("rtx-5090", 16, 0, 32), 24);      // blocks
  EXPECT_EQ(blocks("h100-sxm", 32, 49152, 256), 4);  // 228 KiB
  EXPECT_EQ(blocks("rtx-4090", 32, 49152, 256), 2);  // 100 KiB
  EXPECT_EQ(blocks("t4", 32, 16384, 128), 4);        // 64 KiB
}

/// The order in which a queue runs two streams of three pieces each, waiting for `target`.
std::vector<int> run(Order order, std::uint32_t seed, const std::vector<std::size_t>& targets) {
  WorkQueue queue(order, seed);
  std::vector<int> ran;
  std::vector<Ticket> tickets;
  for (int i = 0; i < 6; ++i) {  // even pieces are one stream, odd ones the other
    const Ticket before = i >= 2 ? tickets[static_cast<std::size_t>(i) - 2] : 0;
    tickets.push_back(queue.add({&before, 1}, {.run = [&ran, i] { ran.push_back(i); }}));
  }
  std::vector<Ticket> wanted;
  for (const std::size_t target : targets) {
    wanted.push_back(tickets[target]);
  }
  const std::set<Ticket> needed = queue.needed_for(wanted);
  while (!std::ranges::all_of(wanted, [&](Ticket ticket) { return queue.done(ticket); })) {
    const auto started = queue.start(needed);
    started->work.run();
    queue.finish(started->ticket);
  }
  return ran;
}

TEST(WorkQueue, RunsInOrder) {
  EXPECT_EQ(run(Order::kInOrder, 1, {3}), (std::vector<int>{0, 1, 2, 3}));
}

TEST(WorkQueue, RunsLateOnlyWhatIsNeededAndTheYoungestFirst) {
  EXPECT_EQ(run(Order::kLate, 1, {3}), (std::vector<int>{1, 3}));
  EXPECT_EQ(run(Order::kLate, 1, {4, 5}), (std::vector<int>{1, 3, 5, 0, 2, 4}));
}

TEST(WorkQueue, RunsInAnyAllowedOrderBySeed) {
  std::set<std::vector<int>> orders;
  for (std::uint32_t seed = 0; seed < 100; ++seed) {
    const std::vector<int> ran = run(Order::kSeeded, seed, {4, 5});
    EXPECT_EQ(ran, run(Order::kSeeded, seed, {4, 5}));
    ASSERT_EQ(ran.size(), 6U);
    for (std::size_t i = 0; i < ran.size(); ++i) {
      const auto earlier = std::find(ran.begin(), ran.end(), ran[i] - 2);
      EXPECT_TRUE(ran[i] < 2 || earlier < ran.begin() + static_cast<std::ptrdiff_t>(i));
    }
    orders.insert(ran);
  }
  EXPECT_GT(orders.size(), 10U);  // of 20
}

}  // namespace
}  // namespace cudart_standin
