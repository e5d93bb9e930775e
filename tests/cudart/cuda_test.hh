// What tests of the stand-in CUDA runtime share. They call it as any CUDA program would.
#pragma once

#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include <cuda_runtime.h>
#include <gtest/gtest.h>

#include "tests/cudart/control.hh"

namespace cudart_standin {

/// For calls that the test does not expect to fail. Throws std::runtime_error with the error's
/// name.
inline void must(cudaError_t error) {
  if (error != cudaSuccess) {
    throw std::runtime_error(cudaGetErrorName(error));
  }
}

/// The settings with one thing changed.
template <class Member, class Value>
Settings with(Member Settings::*member, const Value& value) {
  Settings settings;
  settings.*member = value;
  return settings;
}

/// Every test starts with a fresh runtime. One that expects findings says so by looking at them;
/// others fail by them.
class CudaTest : public testing::Test {
 protected:
  explicit CudaTest(const Settings& settings = {}) { reset(settings); }
  ~CudaTest() override {
    EXPECT_EQ(report().findings, findings_);
    reset({});
  }

  /// The findings so far, of which the test knows.
  const std::vector<std::string>& findings() { return findings_ = report().findings; }

  /// That there is one finding, with this text in it.
  void expect_finding(const std::string& text) {
    ASSERT_EQ(findings().size(), 1U) << "expected one with " << text;
    EXPECT_NE(findings()[0].find(text), std::string::npos) << findings()[0];
  }

 private:
  std::vector<std::string> findings_;
};

template <class T>
T* device_array(std::size_t count) {
  void* address = nullptr;
  must(cudaMalloc(&address, count * sizeof(T)));
  return static_cast<T*>(address);
}

template <class T>
T* pinned_array(std::size_t count) {
  void* address = nullptr;
  must(cudaHostAlloc(&address, count * sizeof(T), cudaHostAllocDefault));
  return static_cast<T*>(address);
}

template <class T>
T* upload(const std::vector<T>& values) {
  T* const address = device_array<T>(values.size());
  must(cudaMemcpy(address, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice));
  return address;
}

template <class T>
std::vector<T> download(const T* address, std::size_t count) {
  std::vector<T> values(count);
  must(cudaMemcpy(values.data(), address, count * sizeof(T), cudaMemcpyDeviceToHost));
  return values;
}

inline cudaStream_t make_stream(unsigned flags = cudaStreamNonBlocking) {
  cudaStream_t stream = nullptr;
  must(cudaStreamCreateWithFlags(&stream, flags));
  return stream;
}

inline cudaEvent_t make_event() {
  cudaEvent_t event = nullptr;
  must(cudaEventCreate(&event));
  return event;
}

}  // namespace cudart_standin
