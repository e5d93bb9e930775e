// Sums of products, and arithmetic on the bytes and halves of words.
#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "tests/ptx/lanewise.hh"

namespace ptx {
namespace {

using enum Type;

// Sums of products.
template <class A, class B>
struct Dot4 : Mixing {
  static constexpr std::uint32_t apply(std::uint32_t a, std::uint32_t b, std::uint32_t c) {
    for (int shift = 0; shift < 32; shift += 8) {
      const int term = static_cast<A>(a >> shift) * static_cast<B>(b >> shift);
      c += static_cast<std::uint32_t>(term);
    }
    return c;
  }
};
/// A of 16 bits, B of 8; kHigh takes the upper two bytes of b.
template <class A, class B, bool kHigh>
struct Dot2 : Mixing {
  static constexpr std::uint32_t apply(std::uint32_t a, std::uint32_t b, std::uint32_t c) {
    for (int i = 0; i < 2; ++i) {
      const int term =
          static_cast<A>(a >> (16 * i)) * static_cast<B>(b >> (8 * i + (kHigh ? 16 : 0)));
      c += static_cast<std::uint32_t>(term);
    }
    return c;
  }
};

template <class F>
using Word3 = Lanewise<F, std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>;

template <template <class, class> class F>
void decode_dot(Decoder& decoder) {
  const bool signed_a = is_signed(decoder.expect_type({kU32, kS32}));
  const bool signed_b = is_signed(decoder.expect_type({kU32, kS32}));
  const Instruction::Run runs[2][2] = {{&Word3<F<std::true_type, std::true_type>>::run,
                                        &Word3<F<std::true_type, std::false_type>>::run},
                                       {&Word3<F<std::false_type, std::true_type>>::run,
                                        &Word3<F<std::false_type, std::false_type>>::run}};
  decoder.compute(kB32, runs[signed_a ? 0 : 1][signed_b ? 0 : 1], 3);
}
template <class IsSigned>
using Byte = std::conditional_t<IsSigned::value, std::int8_t, std::uint8_t>;
template <class IsSigned>
using Half = std::conditional_t<IsSigned::value, std::int16_t, std::uint16_t>;
template <class A, class B>
using Dot4Of = Dot4<Byte<A>, Byte<B>>;
template <class A, class B>
using Dot2LowOf = Dot2<Half<A>, Byte<B>, false>;
template <class A, class B>
using Dot2HighOf = Dot2<Half<A>, Byte<B>, true>;

void decode_dp2a(Decoder& decoder) {
  if (decoder.expect_one_of({"lo", "hi"}) == 0)
    decode_dot<Dot2LowOf>(decoder);
  else
    decode_dot<Dot2HighOf>(decoder);
}

// Packed bytes (kParts 4) and halves (2).
enum class Video : std::uint8_t { kAdd, kSub, kAbsDiff, kMin, kMax, kAverage };

/// The common one: unsigned bytes.
template <bool kAccumulate>
struct AbsDiff4 : Mixing {
  static constexpr std::uint32_t apply(std::uint32_t a, std::uint32_t b, std::uint32_t c) {
    std::uint32_t word = 0;
// So that the loop over lanes becomes one over vectors.
#pragma GCC unroll 4
    for (int shift = 0; shift < 32; shift += 8) {
      const auto x = static_cast<std::int32_t>(a >> shift & 255);
      const auto y = static_cast<std::int32_t>(b >> shift & 255);
      const auto difference = static_cast<std::uint32_t>(std::max(x, y) - std::min(x, y));
      word += kAccumulate ? difference : difference << shift;
    }
    return kAccumulate ? c + word : word;
  }
};

/// detail: signedness of a and b, saturation, signedness of the result, accumulation.
template <Video kOp, int kParts>
void video(Warp& warp, const Instruction& instruction) {
  constexpr int kBits = 32 / kParts;
  constexpr std::int32_t kMask = (1 << kBits) - 1;
  const auto [signed_a, signed_b, saturates, signed_d, accumulates, u0, u1, u2] =
      instruction.detail;
  for (std::size_t i = 0; i < 3; ++i)
    warp.require(instruction, instruction.src[i], "computes with");
  const auto part = [](std::uint32_t word, int shift, bool with_sign) {
    const auto value = static_cast<std::int32_t>(word >> shift) & kMask;
    return with_sign && (value >> (kBits - 1)) != 0 ? value - kMask - 1 : value;
  };
  const auto one = [](std::int32_t a, std::int32_t b) {
    switch (kOp) {
      case Video::kAdd:
        return a + b;
      case Video::kSub:
        return a - b;
      case Video::kAbsDiff:
        return a < b ? b - a : a - b;
      case Video::kMin:
        return std::min(a, b);
      case Video::kMax:
        return std::max(a, b);
      case Video::kAverage:
        return (a + b + 1) >> 1;
    }
    return 0;
  };
  std::uint32_t* const d = warp.lanes<std::uint32_t>(instruction.dst[0]);
  const std::uint32_t* const a = warp.lanes<std::uint32_t>(instruction.src[0]);
  const std::uint32_t* const b = warp.lanes<std::uint32_t>(instruction.src[1]);
  const std::uint32_t* const c = warp.lanes<std::uint32_t>(instruction.src[2]);
  const std::int32_t least = signed_d != 0 ? -(kMask >> 1) - 1 : 0;
  const std::int32_t most = signed_d != 0 ? kMask >> 1 : kMask;
  each_lane(warp.active, [=, signed_a = signed_a != 0, signed_b = signed_b != 0,
                          saturates = saturates != 0, accumulates = accumulates != 0](int lane) {
    std::uint32_t word = 0;
    std::uint32_t sum = c[lane];
    for (int shift = 0; shift < 32; shift += kBits) {
      std::int32_t value = one(part(a[lane], shift, signed_a), part(b[lane], shift, signed_b));
      if (saturates)
        value = std::clamp(value, least, most);
      word |= static_cast<std::uint32_t>(value & kMask) << shift;
      sum += static_cast<std::uint32_t>(value);
    }
    d[lane] = accumulates ? sum : word;
  });
  warp.define(instruction.dst[0]);
  static_cast<void>(u0 + u1 + u2);
}

template <Video kOp, int kParts>
void decode_video(Decoder& decoder) {
  Instruction& instruction = decoder.instruction;
  const bool signed_d = is_signed(decoder.expect_type({kU32, kS32}));
  const bool signed_a = is_signed(decoder.expect_type({kU32, kS32}));
  const bool signed_b = is_signed(decoder.expect_type({kU32, kS32}));
  const bool saturates = decoder.take("sat");
  // Of the others it is not said whether they accumulate before or after cutting to the part.
  const bool accumulates = kOp == Video::kAbsDiff && decoder.take("add");
  if (saturates && accumulates)
    decoder.reject(".sat and .add together are not supported");
  if (kOp == Video::kAverage && (signed_a || signed_b))
    decoder.reject("averages of signed parts are not supported");
  instruction.detail = {signed_a, signed_b, saturates, signed_d, accumulates};
  if (kOp == Video::kAbsDiff && kParts == 4 && !signed_a && !signed_b && !saturates)
    return decoder.compute(
        kB32, accumulates ? &Word3<AbsDiff4<true>>::run : &Word3<AbsDiff4<false>>::run, 3);
  decoder.compute(kB32, &video<kOp, kParts>, 3);
}

}  // namespace

std::span<const Opcode> packed_opcodes() {
  static constexpr Opcode kOpcodes[] = {
      {"dp4a", &decode_dot<Dot4Of>, true},
      {"dp2a", &decode_dp2a, true},
      {"vadd4", &decode_video<Video::kAdd, 4>, true},
      {"vsub4", &decode_video<Video::kSub, 4>, true},
      {"vabsdiff4", &decode_video<Video::kAbsDiff, 4>, true},
      {"vmin4", &decode_video<Video::kMin, 4>, true},
      {"vmax4", &decode_video<Video::kMax, 4>, true},
      {"vavrg4", &decode_video<Video::kAverage, 4>, true},
      {"vadd2", &decode_video<Video::kAdd, 2>, true},
      {"vsub2", &decode_video<Video::kSub, 2>, true},
      {"vabsdiff2", &decode_video<Video::kAbsDiff, 2>, true},
      {"vmin2", &decode_video<Video::kMin, 2>, true},
      {"vmax2", &decode_video<Video::kMax, 2>, true},
      {"vavrg2", &decode_video<Video::kAverage, 2>, true},
  };
  return kOpcodes;
}

}  // namespace ptx
