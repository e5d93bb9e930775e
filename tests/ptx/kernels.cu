// Kernels whose PTX the interpreter must run as the host runs kernels.hh: kernels_test.cc has the
// other half. Each thread or block does one item.
#include "tests/ptx/kernels.hh"

using namespace ptx_kernels;

__constant__ std::uint16_t weights[16] = {1,  2,  3,  5,  7,  11, 13, 17,
                                          19, 23, 29, 31, 37, 41, 43, 47};
__device__ std::uint32_t calls = 0;
__device__ const std::int32_t primes[5] = {2, 3, 5, 7, 11};

extern "C" __global__ void sums(const std::uint64_t* a, const std::int32_t* b, Sums* out, int n) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i >= n)
    return;
  // By members: the structure's holes have no value.
  const Sums s = sums_of(a[i], b[i]);
  out[i].wide = s.wide;
  out[i].divided = s.divided;
  out[i].bits = s.bits;
  out[i].clamped = s.clamped;
  out[i].narrow = s.narrow;
  out[i].byte = s.byte;
  out[i].sign = s.sign;
}

extern "C" __global__ void transforms(const Block* in, Block* out, int n) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i >= n)
    return;
  Block block = transformed(in[i], i);
  if ((i & 1) != 0)
    block = transformed(block, i / 2);
  for (int k = 0; k < 16; ++k)
    block.at[k] += weights[k] * primes[k % 5];
  out[i] = block;
  atomicAdd(&calls, 1 + (i & 1));
}

extern "C" __global__ void choices(const std::uint32_t* x, std::uint32_t* out, int n) {
  for (int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x); i < n;
       i += static_cast<int>(blockDim.x * gridDim.x))
    out[i] = chosen(x[i] & 255, x[i]) + steps_to_one((x[i] & 1023) + 1) +
             divisor(x[i], static_cast<std::uint32_t>(i));
}

/// One block of 32 x n threads; sums before each item, over the block.
extern "C" __global__ void scan(const std::uint32_t* in, std::uint32_t* out) {
  __shared__ std::uint32_t of_warps[32];
  const unsigned lane = threadIdx.x % 32;
  const unsigned warp = threadIdx.x / 32;
  std::uint32_t sum = in[threadIdx.x];
  for (unsigned d = 1; d < 32; d *= 2) {
    const std::uint32_t other = __shfl_up_sync(~0U, sum, d);
    if (lane >= d)
      sum += other;
  }
  if (lane == 31)
    of_warps[warp] = sum;
  __syncthreads();
  for (unsigned w = 0; w < warp; ++w)
    sum += of_warps[w];
  out[threadIdx.x] = sum - in[threadIdx.x];
}

/// Bytes by value: first in shared memory, then together. Also how many lie over 200, by votes.
extern "C" __global__ void histogram(const std::uint8_t* in,
                                     int n,
                                     std::uint32_t* bins,
                                     std::uint32_t* bright) {
  extern __shared__ std::uint32_t own[];
  for (unsigned i = threadIdx.x; i < 256; i += blockDim.x)
    own[i] = 0;
  __syncthreads();
  for (int i = static_cast<int>(blockIdx.x * blockDim.x); i < n;
       i += static_cast<int>(blockDim.x * gridDim.x)) {
    const int at = i + static_cast<int>(threadIdx.x);
    const bool inside = at < n;
    if (inside)
      atomicAdd(&own[in[at]], 1U);
    const unsigned over = __ballot_sync(~0U, inside && in[at] > 200);
    if (threadIdx.x % 32 == 0)
      atomicAdd(bright, static_cast<unsigned>(__popc(over)));
  }
  __syncthreads();
  for (unsigned i = threadIdx.x; i < 256; i += blockDim.x)
    atomicAdd(&bins[i], own[i]);
}

/// A warp a block of pixels; the window in shared memory, by words at any offset.
extern "C" __global__ void search(Search args) {
  __shared__ alignas(16) std::uint8_t block[256];
  __shared__ alignas(16) std::uint8_t window[kWindow * kWindow + 16];
  __shared__ Vector best[32];
  const int lane = static_cast<int>(threadIdx.x);
  const std::uint8_t* const source = args.blocks + 256 * blockIdx.x;
  const std::uint8_t* const around = args.windows + kWindow * kWindow * blockIdx.x;
  for (int i = lane; i < 256; i += 32)
    block[i] = source[i];
  for (int i = lane; i < kWindow * kWindow; i += 32)
    window[i] = around[i];
  for (int i = lane; i < 16; i += 32)
    window[kWindow * kWindow + i] = 0;
  __syncwarp();
  Vector mine{};
  mine.cost = ~0U;
  for (int i = lane; i < 33 * 33; i += 32) {
    const int row = i / 33;
    const int col = i % 33;
    std::uint32_t cost = 0;
    for (int y = 0; y < 16; ++y) {
      const int start = (row + y) * kWindow + (col & ~3);
      const auto* const words = reinterpret_cast<const std::uint32_t*>(window + start);
      const auto* const pixels = reinterpret_cast<const std::uint32_t*>(block + 16 * y);
      for (int x = 0; x < 4; ++x)
        cost += __vsadu4(
            pixels[x], __funnelshift_r(words[x], words[x + 1], 8 * static_cast<unsigned>(col & 3)));
    }
    if (cost < mine.cost) {
      mine.row = static_cast<std::int16_t>(row);
      mine.col = static_cast<std::int16_t>(col);
      mine.mode = static_cast<std::uint8_t>((row ^ col) & 255);
      mine.cost = cost;
    }
  }
  best[lane] = mine;
  __syncwarp();
  if (lane != 0)
    return;
  for (int i = 1; i < 32; ++i) {
    const Vector other = best[i];
    const bool earlier = other.row < mine.row || (other.row == mine.row && other.col < mine.col);
    if (other.cost < mine.cost || (other.cost == mine.cost && earlier))
      mine = other;
  }
  Vector* const found = args.found + blockIdx.x;
  found->row = mine.row;
  found->col = mine.col;
  found->mode = mine.mode;
  found->cost = mine.cost;
}

/// Wrong: lacks a barrier.
extern "C" __global__ void scan_without_barrier(const std::uint32_t* in, std::uint32_t* out) {
  __shared__ std::uint32_t words[256];
  words[threadIdx.x] = in[threadIdx.x];
  out[threadIdx.x] = words[threadIdx.x ^ 32];
}
