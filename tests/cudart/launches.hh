// Kernels that plain C++ tests launch: nvcc takes several times as long over a test as g++.
#pragma once

#include <cuda_runtime.h>

namespace cudart_standin {

/// Adds 1 to a value; one thread.
void launch_increment(int* value);

/// Adds `amount` to `count` values, in blocks of 64 threads.
void launch_add(int* values, int count, int amount, cudaStream_t stream);

}  // namespace cudart_standin
