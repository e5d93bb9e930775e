// Integer arithmetic on one lane's values, wrapping where C++ would not.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "tests/ptx/lanewise.hh"

namespace ptx {

// Wrapping arithmetic: unsigned, and wide enough that no promotion to int gets in.
template <class T>
using Wrap = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;
template <class T>
constexpr Wrap<T> wrap(T value) {
  return static_cast<Wrap<T>>(value);
}
template <class T>
using Twice = std::conditional_t<
    sizeof(T) == 8,
    std::conditional_t<std::is_signed_v<T>, __int128_t, __uint128_t>,
    std::conditional_t<sizeof(T) == 4,
                       std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>,
                       std::conditional_t<std::is_signed_v<T>, std::int32_t, std::uint32_t>>>;
template <class T>
constexpr Twice<T> product(T a, T b) {
  return static_cast<Twice<T>>(static_cast<Twice<T>>(a) * static_cast<Twice<T>>(b));
}
template <class T>
constexpr T high(Twice<T> value) {
  return static_cast<T>(value >> (8 * sizeof(T)));
}
template <class To, class From>
constexpr To clamped(From value) {
  const auto low = static_cast<From>(std::numeric_limits<To>::min());
  const auto most = static_cast<From>(std::numeric_limits<To>::max());
  return static_cast<To>(std::clamp(value, low, most));
}

template <class T>
struct Add : Mixing {
  static constexpr T apply(T a, T b) { return static_cast<T>(wrap(a) + wrap(b)); }
};
template <class T>
struct Sub : Mixing {
  static constexpr T apply(T a, T b) { return static_cast<T>(wrap(a) - wrap(b)); }
};
struct AddSat : Mixing {
  static constexpr std::int32_t apply(std::int32_t a, std::int32_t b) {
    return clamped<std::int32_t>(std::int64_t{a} + b);
  }
};
struct SubSat : Mixing {
  static constexpr std::int32_t apply(std::int32_t a, std::int32_t b) {
    return clamped<std::int32_t>(std::int64_t{a} - b);
  }
};
template <class T>
struct MulLow : Mixing {
  static constexpr T apply(T a, T b) { return static_cast<T>(wrap(a) * wrap(b)); }
};
template <class T>
struct MulHigh : Mixing {
  static constexpr T apply(T a, T b) { return high<T>(product(a, b)); }
};
template <class T>
struct MulWide : Mixing {
  static constexpr Twice<T> apply(T a, T b) { return product(a, b); }
};
template <class T>
struct MadLow : Mixing {
  static constexpr T apply(T a, T b, T c) { return static_cast<T>(wrap(a) * wrap(b) + wrap(c)); }
};
template <class T>
struct MadHigh : Mixing {
  static constexpr T apply(T a, T b, T c) {
    return static_cast<T>(wrap(high<T>(product(a, b))) + wrap(c));
  }
};
template <class T>
struct MadWide : Mixing {
  static constexpr Twice<T> apply(T a, T b, Twice<T> c) {
    return Add<Twice<T>>::apply(product(a, b), c);
  }
};
/// The low 24 bits of a and b, by the sign of T.
template <class T>
constexpr std::int64_t product24(T a, T b) {
  const auto cut = [](T value) {
    const auto shifted = static_cast<T>(static_cast<std::uint32_t>(value) << 8);
    return static_cast<std::int64_t>(static_cast<T>(shifted >> 8));
  };
  return cut(a) * cut(b);
}
template <class T>
struct Mul24Low : Mixing {
  static constexpr T apply(T a, T b) { return static_cast<T>(product24(a, b)); }
};
template <class T>
struct Mul24High : Mixing {
  static constexpr T apply(T a, T b) { return static_cast<T>(product24(a, b) >> 16); }
};
template <class T>
struct Mad24Low : Mixing {
  static constexpr T apply(T a, T b, T c) { return Add<T>::apply(Mul24Low<T>::apply(a, b), c); }
};
template <class T>
struct Mad24High : Mixing {
  static constexpr T apply(T a, T b, T c) { return Add<T>::apply(Mul24High<T>::apply(a, b), c); }
};
template <class T>
struct Min : Mixing {
  static constexpr T apply(T a, T b) { return a < b ? a : b; }
};
template <class T>
struct Max : Mixing {
  static constexpr T apply(T a, T b) { return a < b ? b : a; }
};
template <template <class> class F>
struct Relu {
  template <class T>
  struct Of : Mixing {
    static constexpr T apply(T a, T b) { return std::max<T>(F<T>::apply(a, b), 0); }
  };
};
template <class T>
struct Negate : Mixing {
  static constexpr T apply(T a) { return static_cast<T>(Wrap<T>{0} - wrap(a)); }
};
template <class T>
struct Absolute : Mixing {
  static constexpr T apply(T a) { return a < 0 ? Negate<T>::apply(a) : a; }
};
template <class T>
struct Sad : Mixing {
  static constexpr T apply(T a, T b, T c) {
    return Add<T>::apply(a < b ? Sub<T>::apply(b, a) : Sub<T>::apply(a, b), c);
  }
};
/// The most negative number by -1 wraps, as in hardware.
template <class T>
struct Divide : Mixing {
  static constexpr T apply(T a, T b) {
    if (std::is_signed_v<T> && b == static_cast<T>(-1))
      return Negate<T>::apply(a);
    return static_cast<T>(a / b);
  }
};
template <class T>
struct Remainder : Mixing {
  static constexpr T apply(T a, T b) {
    if (std::is_signed_v<T> && b == static_cast<T>(-1))
      return 0;
    return static_cast<T>(a % b);
  }
};

// Packed halves.
template <class T, template <class> class F>
struct Halves : Mixing {
  static constexpr std::uint32_t apply(std::uint32_t a, std::uint32_t b) {
    const auto half = [&](int shift) {
      const T value = F<T>::apply(static_cast<T>(a >> shift), static_cast<T>(b >> shift));
      return std::uint32_t{static_cast<std::uint16_t>(value)} << shift;
    };
    return half(16) | half(0);
  }
};

}  // namespace ptx
