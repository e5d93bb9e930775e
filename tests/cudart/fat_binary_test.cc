// The container that nvcc writes: plain and compressed text, the choice among architectures,
// damage.
#include "tests/cudart/fat_binary.hh"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <zstd.h>

namespace cudart_standin {
namespace {

/// Builds what __cudaRegisterFatBinary gets, field by field.
class Container {
 public:
  enum Flags : std::uint32_t { kPlain = 0x11, kZstd = 0x8011, kOneArchitecture = 0x100011 };

  Container& add(std::uint16_t kind, std::uint32_t architecture, Flags flags, std::string content) {
    const std::uint64_t unpacked_bytes = content.size();
    std::uint32_t packed_bytes = 0;
    if (flags == kZstd) {
      std::string packed(ZSTD_compressBound(content.size()), '\0');
      packed.resize(ZSTD_compress(packed.data(), packed.size(), content.data(), content.size(), 3));
      packed_bytes = static_cast<std::uint32_t>(packed.size());
      content = packed;
    }
    content.resize((content.size() + 7) / 8 * 8);
    put(kind);
    put(std::uint16_t{0x101});
    put(std::uint32_t{64});
    put(std::uint64_t{content.size()});
    put(packed_bytes);
    put(std::uint32_t{64});
    put(std::uint32_t{0x90000});
    put(architecture);
    put(std::uint64_t{0});
    put(std::uint32_t{flags});
    put(std::uint32_t{0});
    put(std::uint64_t{0});
    put(std::uint64_t{packed_bytes == 0 ? 0 : unpacked_bytes});
    content_ += content;
    return *this;
  }

  /// Without its last bytes, though the headers say otherwise.
  Container& cut(std::size_t bytes) {
    content_.resize(content_.size() - bytes);
    return *this;
  }

  FatBinary read() {
    const std::string content = std::move(content_);
    content_.clear();
    put(std::uint32_t{0xba55ed50});
    put(std::uint16_t{1});
    put(std::uint16_t{16});
    put(std::uint64_t{content.size()});
    content_ += content;
    return read_fat_binary(wrapper(0x466243b1).data());
  }
  FatBinary read_wrapped_wrongly() { return read_fat_binary(wrapper(0x12345678).data()); }

 private:
  std::vector<std::byte> wrapper(std::uint32_t magic) {
    std::vector<std::byte> bytes(24);
    const char* const at = content_.data();
    std::memcpy(bytes.data(), &magic, sizeof(magic));
    std::memcpy(bytes.data() + 8, &at, sizeof(at));
    return bytes;
  }
  template <class Value>
  void put(Value value) {
    std::string bytes(sizeof(value), '\0');
    std::memcpy(bytes.data(), &value, sizeof(value));
    content_ += bytes;
  }

  std::string content_;
};

constexpr std::uint16_t kPtx = 1;
constexpr std::uint16_t kMachineCode = 2;

TEST(FatBinary, HasItsTextsByArchitecture) {
  const std::string long_text(100000, 'x');
  const FatBinary binary = Container()
                               .add(kPtx, 75, Container::kPlain, "seventy-five")
                               .add(kPtx, 90, Container::kZstd, long_text)
                               .add(kPtx, 90, Container::kOneArchitecture, "ninety alone")
                               .read();
  EXPECT_EQ(binary.ptx, (std::map<int, std::string>{{75, "seventy-five"}, {90, long_text}}));
  EXPECT_EQ(binary.specific_ptx, (std::map<int, std::string>{{90, "ninety alone"}}));
}

TEST(FatBinary, IsChosenFromByTheDevicesArchitecture) {
  const FatBinary binary = {.ptx = {{75, "75"}, {80, "80"}, {100, "100"}},
                            .specific_ptx = {{90, "90a"}},
                            .registers = {}};
  EXPECT_EQ(choose_ptx(binary, 70).text, nullptr);
  EXPECT_EQ(*choose_ptx(binary, 75).text, "75");
  EXPECT_EQ(*choose_ptx(binary, 89).text, "80");
  EXPECT_EQ(choose_ptx(binary, 89).architecture, 80);
  EXPECT_EQ(*choose_ptx(binary, 90).text, "90a");
  EXPECT_EQ(*choose_ptx(binary, 120).text, "100");
}

TEST(FatBinary, CountsRegistersInCodeThatTheDeviceRuns) {
  const FatBinary binary = {.ptx = {},
                            .specific_ptx = {},
                            .registers = {{80, {{"k", 10}}}, {86, {{"k", 20}}}, {90, {{"k", 30}}}}};
  EXPECT_EQ(registers_of(binary, "k", 80), 10);
  EXPECT_EQ(registers_of(binary, "k", 89), 20);
  EXPECT_EQ(registers_of(binary, "k", 90), 30);
  EXPECT_GT(registers_of(binary, "k", 120), 0);
  EXPECT_EQ(registers_of(binary, "other", 80), 0);
}

TEST(FatBinary, IsRefusedWhereItIsDamaged) {
  EXPECT_THROW(Container().add(kPtx, 75, Container::kPlain, "text").read_wrapped_wrongly(),
               std::runtime_error);
  EXPECT_THROW(Container().add(kPtx, 75, Container::kPlain, "text").cut(1).read(),
               std::runtime_error);
  EXPECT_THROW(Container().add(kPtx, 75, Container::kPlain, "").cut(1).read(), std::runtime_error);
  EXPECT_THROW(Container().add(7, 75, Container::kPlain, "text").read(), std::runtime_error);
  EXPECT_THROW(Container().add(kMachineCode, 75, Container::kPlain, std::string(64, 'x')).read(),
               std::runtime_error);
  EXPECT_THROW(Container().add(kMachineCode, 75, Container::kPlain, "short").read(),
               std::runtime_error);
}

}  // namespace
}  // namespace cudart_standin
