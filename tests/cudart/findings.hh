// What the stand-in CUDA runtime found wrong, and how calls fail.
#pragma once

#include <exception>
#include <string>
#include <vector>

#include <cuda_runtime_api.h>

namespace cudart_standin {

/// Ends a runtime call with this error; nothing else is wrong.
class Failure : public std::exception {
 public:
  explicit Failure(cudaError_t code) : code_(code) {}
  [[nodiscard]] cudaError_t code() const { return code_; }
  [[nodiscard]] const char* what() const noexcept override { return "CUDA call failed"; }

 private:
  cudaError_t code_;
};

/// Every text goes to stderr at once. A process that has findings does not end with status 0.
class Findings {
 public:
  /// A wrong call, after which the device works on.
  void misuse(const std::string& text);
  /// What leaves the device broken: every later call returns cudaErrorLaunchFailure.
  void fault(const std::string& text);
  /// Breaks the device without a finding, for failures that were asked for.
  void break_device(cudaError_t code);

  /// What every call returns from now on; cudaSuccess while all is well.
  [[nodiscard]] cudaError_t sticky() const { return sticky_; }
  /// Throws Failure where the device is broken.
  void check_device() const;
  [[nodiscard]] const std::vector<std::string>& texts() const { return texts_; }

 private:
  std::vector<std::string> texts_;
  cudaError_t sticky_ = cudaSuccess;
};

}  // namespace cudart_standin
