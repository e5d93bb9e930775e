// Instructions that compute in each lane by itself.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "tests/ptx/decoder.hh"
#include "tests/ptx/warp.hh"

namespace ptx {

/// How undefined bits of the operands become undefined bits of the result.
enum class Flow : std::uint8_t {
  kMix,   // one undefined bit spoils the result
  kXor,   // each bit depends on the operands' bits at its place
  kAnd,   // the same, but a zero decides
  kOr,    // the same, but a one decides
  kMove,  // bits of the first F::kMoved operands move to where the others say
};

template <class T>
constexpr std::uint64_t as_bits(T value) {
  return static_cast<std::uint64_t>(static_cast<std::make_unsigned_t<T>>(value));
}

template <class F, class D, class... A>
struct Lanewise {
  static constexpr std::size_t kSources = sizeof...(A);

  /// dst[0] = F::apply(src[0], ...) in each active lane; D and A are the types of the registers.
  static void run(Warp& warp, const Instruction& instruction) {
    run_with(warp, instruction, std::make_index_sequence<kSources>());
  }

 private:
  template <std::size_t... I>
  static void run_with(Warp& warp, const Instruction& instruction, std::index_sequence<I...>) {
    const Slot result = instruction.dst[0];
    const std::uint32_t defined =
        (warp.head(instruction.src[I]).defined & ... & kAllLanes) & warp.active;
    if (defined == warp.active) [[likely]]
      warp.define(result);
    else
      flow(warp, instruction);
    D* const d = warp.lanes<D>(result);
    compute(warp.active, d, warp.lanes<A>(instruction.src[I])...);
  }

  static void compute(std::uint32_t active, D* d, const A*... a) {
    each_lane(active, [=](int lane) { d[lane] = F::apply(a[lane]...); });
  }

  /// Before the result is computed: it may overwrite an operand.
  static void flow(Warp& warp, const Instruction& instruction) {
    std::array<std::uint64_t, kLanes> undefined{};
    each_lane(warp.active, [&](int lane) {
      undefined[static_cast<std::size_t>(lane)] =
          undefined_bits(warp, instruction, lane, std::make_index_sequence<kSources>());
    });
    warp.define_partly(instruction, instruction.dst[0], undefined, 8 * sizeof(D));
  }

  template <std::size_t... I>
  static std::uint64_t undefined_bits(const Warp& warp,
                                      const Instruction& instruction,
                                      int lane,
                                      std::index_sequence<I...>) {
    const std::array<std::uint64_t, kSources> bits{
        (warp.undefined_bits(instruction.src[I], lane) & as_bits(static_cast<A>(-1)))...};
    if ((bits[I] | ... | 0U) == 0)
      return 0;
    if constexpr (F::kFlow == Flow::kXor) {
      return (bits[I] | ...);
    } else if constexpr (F::kFlow == Flow::kAnd || F::kFlow == Flow::kOr) {
      const std::uint64_t flip = F::kFlow == Flow::kOr ? ~std::uint64_t{0} : 0;
      // What a zero of one operand decides is defined.
      return (bits[I] | ...) &
             ((bits[I] | (as_bits(warp.lanes<A>(instruction.src[I])[lane]) ^ flip)) & ...);
    } else if constexpr (F::kFlow == Flow::kMove) {
      if (((I >= F::kMoved && bits[I] != 0) || ...))
        return ~std::uint64_t{0};
      return as_bits(F::apply(
          (I < F::kMoved ? static_cast<A>(bits[I]) : warp.lanes<A>(instruction.src[I])[lane])...));
    } else {
      return ~std::uint64_t{0};
    }
  }
};

struct Mixing {
  static constexpr Flow kFlow = Flow::kMix;
};
template <std::size_t kCount>
struct Moving {
  static constexpr Flow kFlow = Flow::kMove;
  static constexpr std::size_t kMoved = kCount;
};

/// Handlers of F<T> where all registers are of type T.
template <template <class> class F>
struct Same {
  template <class T>
  using Unary = Lanewise<F<T>, T, T>;
  template <class T>
  using Binary = Lanewise<F<T>, T, T, T>;
  template <class T>
  using Ternary = Lanewise<F<T>, T, T, T, T>;
};

/// The handler for operands of this register type: unsigned for `.b`. Null for other types.
template <template <class> class Handler>
Instruction::Run handler_of(Type type) {
  switch (type) {
    case Type::kB16:
    case Type::kU16:
      return &Handler<std::uint16_t>::run;
    case Type::kS16:
      return &Handler<std::int16_t>::run;
    case Type::kB32:
    case Type::kU32:
      return &Handler<std::uint32_t>::run;
    case Type::kS32:
      return &Handler<std::int32_t>::run;
    case Type::kB64:
    case Type::kU64:
      return &Handler<std::uint64_t>::run;
    case Type::kS64:
      return &Handler<std::int64_t>::run;
    default:
      return nullptr;
  }
}

}  // namespace ptx
