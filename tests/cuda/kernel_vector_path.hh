// Kernels on the CPU's vectors that the device interface does not show one by one.
#pragma once

#include <cstdint>

#include "cuda/picture_task.hh"

namespace gpu::test {

/// The number of luma rows of macroblocks that stand for a picture when filter levels are compared.
int vector_sampled_rows(int mb_rows);

/// The squared error of one of them if it were filtered with task.filter.
std::uint64_t vector_row_sse(const PictureTask& task, int index);

}  // namespace gpu::test
