// What nvcc puts into an object beside the host code: the PTX and machine code of its kernels.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace cudart_standin {

/// The kernels of one translation unit.
struct FatBinary {
  /// By architecture, such as 90 for sm_90. Text for one architecture alone (sm_90a) is in
  /// `specific_ptx`.
  std::map<int, std::string> ptx;
  std::map<int, std::string> specific_ptx;
  /// Registers per thread by kernel, as ptxas counted them, by the architecture of machine code.
  std::map<int, std::map<std::string, int>> registers;
};

/// `wrapper` is what nvcc's host code gives to __cudaRegisterFatBinary. Throws std::runtime_error
/// at a layout that it does not know.
FatBinary read_fat_binary(const void* wrapper);

/// The PTX that a device of `architecture` compiles: that of its own, else the highest below it.
/// Null where all are above.
struct ChosenPtx {
  int architecture = 0;
  const std::string* text = nullptr;
};
ChosenPtx choose_ptx(const FatBinary& binary, int architecture);

/// Registers per thread of a kernel in machine code that a device of `architecture` runs: same
/// major version, highest not above it. Where there is none, that of any other machine code, else
/// 0.
int registers_of(const FatBinary& binary, const std::string& kernel, int architecture);

}  // namespace cudart_standin
