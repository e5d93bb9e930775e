// The container has no public description: its layout is read off what nvcc 13 writes.
//
//   wrapper  m v data -        magic, version, pointer to the container
//   container  M v h size      magic, version, bytes of this header, bytes of what follows
//     entry  k v h size .. packed .. arch .. flags .. unpacked   then `size` bytes of content
#include "tests/cudart/fat_binary.hh"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>

#include <elf.h>
#include <zstd.h>

namespace cudart_standin {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::uint32_t kWrapperMagic = 0x466243b1;
constexpr std::uint32_t kContainerMagic = 0xba55ed50;
constexpr std::uint16_t kPtx = 1;
constexpr std::uint16_t kMachineCode = 2;
constexpr std::uint32_t kZstd = 0x8000;
constexpr std::uint32_t kOtherCompression = 0x2000;
constexpr std::uint32_t kOneArchitectureOnly = 0x100000;

struct Wrapper {
  std::uint32_t magic;
  std::uint32_t version;
  const std::byte* container;
  const void* unused;
};

struct ContainerHeader {
  std::uint32_t magic;
  std::uint16_t version;
  std::uint16_t header_bytes;
  std::uint64_t content_bytes;
};

struct EntryHeader {
  std::uint16_t kind;
  std::uint16_t version;
  std::uint32_t header_bytes;
  std::uint64_t content_bytes;
  std::uint32_t packed_bytes;
  std::uint32_t unused_a;
  std::uint32_t ptx_version;
  std::uint32_t architecture;
  std::uint64_t unused_b;
  std::uint32_t flags;
  std::uint32_t unused_c;
  std::uint64_t unused_d;
  std::uint64_t unpacked_bytes;
};

// Machine code is an ELF file; .nv.info is a list of attributes, and those of four-byte header and
// this number pair a function's symbol with its register count.
constexpr std::uint8_t kSizedAttribute = 4;
constexpr std::uint8_t kRegisterCount = 0x2f;

struct AttributeHeader {
  std::uint8_t format;
  std::uint8_t attribute;
  std::uint16_t value_bytes;
};

struct RegisterCount {
  std::uint32_t symbol;
  std::uint32_t registers;
};

template <class Value>
Value read(Bytes bytes, std::size_t offset) {
  if (offset > bytes.size() || sizeof(Value) > bytes.size() - offset) {
    throw std::runtime_error("fat binary ends within a field");
  }
  Value value;
  std::memcpy(&value, bytes.data() + offset, sizeof(Value));
  return value;
}

Bytes part(Bytes bytes, std::size_t offset, std::size_t size) {
  if (offset > bytes.size() || size > bytes.size() - offset) {
    throw std::runtime_error("fat binary ends within an entry");
  }
  return bytes.subspan(offset, size);
}

std::string as_text(Bytes bytes) {
  std::string text(bytes.size(), '\0');
  std::memcpy(text.data(), bytes.data(), bytes.size());
  return text;
}

std::string unpacked(const EntryHeader& header, Bytes content) {
  if ((header.flags & kZstd) != 0) {
    std::string text(header.unpacked_bytes, '\0');
    const Bytes packed = part(content, 0, header.packed_bytes);
    const std::size_t size =
        ZSTD_decompress(text.data(), text.size(), packed.data(), packed.size());
    if (ZSTD_isError(size) != 0 || size != text.size()) {
      throw std::runtime_error("fat binary: compressed entry is damaged");
    }
    return text;
  }
  if ((header.flags & kOtherCompression) != 0) {
    throw std::runtime_error("fat binary: unknown compression; compile with nvcc --no-compress");
  }
  return as_text(content);
}

std::string string_at(Bytes bytes, std::size_t offset) {
  const std::string rest = as_text(part(bytes, offset, bytes.size() - offset));
  return rest.substr(0, rest.find('\0'));
}

class Elf {
 public:
  explicit Elf(Bytes file) : file_(file), header_(read<Elf64_Ehdr>(file, 0)) {
    if (std::memcmp(header_.e_ident, ELFMAG, SELFMAG) != 0) {
      throw std::runtime_error("fat binary: machine code is no ELF file");
    }
  }

  [[nodiscard]] std::map<std::string, int> registers() const {
    std::map<std::string, int> counts;
    for (std::uint16_t i = 0; i < header_.e_shnum; ++i) {
      if (name(section(i)) == ".nv.info") {
        read_attributes(content(section(i)), counts);
      }
    }
    return counts;
  }

 private:
  [[nodiscard]] Elf64_Shdr section(std::size_t index) const {
    return read<Elf64_Shdr>(file_, header_.e_shoff + index * header_.e_shentsize);
  }
  [[nodiscard]] Bytes content(const Elf64_Shdr& section) const {
    return part(file_, section.sh_offset, section.sh_size);
  }
  [[nodiscard]] std::string name(const Elf64_Shdr& of) const {
    return string_at(content(section(header_.e_shstrndx)), of.sh_name);
  }

  [[nodiscard]] std::string symbol_name(std::size_t index) const {
    for (std::uint16_t i = 0; i < header_.e_shnum; ++i) {
      const Elf64_Shdr symbols = section(i);
      if (symbols.sh_type == SHT_SYMTAB) {
        const auto symbol = read<Elf64_Sym>(content(symbols), index * sizeof(Elf64_Sym));
        return string_at(content(section(symbols.sh_link)), symbol.st_name);
      }
    }
    throw std::runtime_error("fat binary: machine code without symbols");
  }

  void read_attributes(Bytes list, std::map<std::string, int>& counts) const {
    std::size_t at = 0;
    while (at < list.size()) {
      const auto header = read<AttributeHeader>(list, at);
      at += sizeof(header);
      if (header.format != kSizedAttribute) {
        continue;  // the value is where others state their size
      }
      if (header.attribute == kRegisterCount) {
        const auto count = read<RegisterCount>(list, at);
        counts[symbol_name(count.symbol)] = static_cast<int>(count.registers);
      }
      at += header.value_bytes;
    }
  }

  Bytes file_;
  Elf64_Ehdr header_;
};

void read_entry(const EntryHeader& header, Bytes content, FatBinary& binary) {
  const int architecture = static_cast<int>(header.architecture);
  if (header.kind == kPtx) {
    std::string text = unpacked(header, content);
    text.resize(text.find_last_not_of('\0') + 1);  // padding
    auto& by_architecture =
        (header.flags & kOneArchitectureOnly) != 0 ? binary.specific_ptx : binary.ptx;
    by_architecture[architecture] = std::move(text);
  } else if (header.kind == kMachineCode) {
    const std::string file = unpacked(header, content);
    binary.registers[architecture] = Elf(std::as_bytes(std::span(file))).registers();
  } else {
    throw std::runtime_error("fat binary: unknown kind of entry");
  }
}

}  // namespace

FatBinary read_fat_binary(const void* wrapper) {
  Wrapper outer{};
  std::memcpy(&outer, wrapper, sizeof(outer));
  ContainerHeader header{};
  if (outer.magic == kWrapperMagic) {
    std::memcpy(&header, outer.container, sizeof(header));
  }
  if (header.magic != kContainerMagic) {
    throw std::runtime_error("fat binary: not as nvcc 13 writes it");
  }
  const Bytes content(outer.container + header.header_bytes, header.content_bytes);
  FatBinary binary;
  std::size_t at = 0;
  while (at < content.size()) {
    const auto entry = read<EntryHeader>(content, at);
    read_entry(entry, part(content, at + entry.header_bytes, entry.content_bytes), binary);
    at += entry.header_bytes + entry.content_bytes;
  }
  return binary;
}

ChosenPtx choose_ptx(const FatBinary& binary, int architecture) {
  if (const auto own = binary.specific_ptx.find(architecture); own != binary.specific_ptx.end()) {
    return {.architecture = architecture, .text = &own->second};
  }
  const auto above = binary.ptx.upper_bound(architecture);
  if (above == binary.ptx.begin()) {
    return {};
  }
  const auto& [chosen, text] = *std::prev(above);
  return {.architecture = chosen, .text = &text};
}

int registers_of(const FatBinary& binary, const std::string& kernel, int architecture) {
  int count = 0;
  bool runs_here = false;
  for (const auto& [built_for, counts] : binary.registers) {
    const auto found = counts.find(kernel);
    if (found == counts.end()) {
      continue;
    }
    const bool runs = built_for / 10 == architecture / 10 && built_for <= architecture;
    if (runs || !runs_here) {
      count = found->second;
    }
    runs_here = runs_here || runs;
  }
  return count;
}

}  // namespace cudart_standin
