#include "tests/cudart/launches.hh"

namespace cudart_standin {
namespace {

__global__ void increment(int* value) {
  ++*value;
}

__global__ void add(int* values, int count, int amount) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < count) {
    values[i] += amount;
  }
}

}  // namespace

void launch_increment(int* value) {
  increment<<<1, 1>>>(value);
}

void launch_add(int* values, int count, int amount, cudaStream_t stream) {
  add<<<(count + 63) / 64, 64, 0, stream>>>(values, count, amount);
}

}  // namespace cudart_standin
