#include "tests/cudart/findings.hh"

#include <cstdio>

namespace cudart_standin {

void Findings::misuse(const std::string& text) {
  std::fprintf(stderr, "fake CUDA: %s\n", text.c_str());
  texts_.push_back(text);
}

void Findings::fault(const std::string& text) {
  misuse(text);
  break_device(cudaErrorLaunchFailure);
}

void Findings::break_device(cudaError_t code) {
  if (sticky_ == cudaSuccess) {
    sticky_ = code;
  }
}

void Findings::check_device() const {
  if (sticky_ != cudaSuccess) {
    throw Failure(sticky_);
  }
}

}  // namespace cudart_standin
