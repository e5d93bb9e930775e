// The constant tables and trees of RFC 6386: data only.
#pragma once

#include <array>
#include <cstdint>

#include "codec/types.hh"

namespace vp8 {

// --- Coefficients (§13) ---

/// Block types in the order of the probability tables (§13.3): luma after Y2, Y2, chroma, luma with
/// DC.
enum BlockType : std::uint8_t {
  kBlockYAfterY2,
  kBlockY2,
  kBlockChroma,
  kBlockYWithDc,
  kBlockTypes
};

inline constexpr int kCoefBands = 8;
inline constexpr int kCoefContexts = 3;
inline constexpr int kEntropyNodes = 11;

/// Probabilities of the token tree's nodes: [block type][band][context][node].
using CoefProbs = std::array<
    std::array<std::array<std::array<Probability, kEntropyNodes>, kCoefContexts>, kCoefBands>,
    kBlockTypes>;

extern const CoefProbs kCoefUpdateProbs;   // §13.4
extern const CoefProbs kDefaultCoefProbs;  // §13.5

/// Band of each coefficient position (§13.3).
VP8_TABLE std::array<std::uint8_t, 16> kBandOfPosition = {0, 1, 2, 3, 6, 4, 5, 6,
                                                          6, 6, 6, 6, 6, 6, 6, 7};

/// Raster index of each coefficient position (§13).
VP8_TABLE std::array<std::uint8_t, 16> kZigzag = {0, 1,  4,  8,  5, 2,  3,  6,
                                                  9, 12, 13, 10, 7, 11, 14, 15};

/// Tokens of the coefficient alphabet (§13.2).
enum Token : std::uint8_t {
  DCT_0,
  DCT_1,
  DCT_2,
  DCT_3,
  DCT_4,
  dct_cat1,
  dct_cat2,
  dct_cat3,
  dct_cat4,
  dct_cat5,
  dct_cat6,
  DCT_EOB,
  kTokens
};

/// Extra bits of the value categories: smallest value, number of bits, their probabilities, high
/// bit first (§13.2).
struct TokenCategory {
  int base;
  int bits;
  std::array<Probability, 11> probs;
};

VP8_TABLE std::array<TokenCategory, 6> kTokenCategories = {{
    {5, 1, {159}},
    {7, 2, {165, 145}},
    {11, 3, {173, 148, 140}},
    {19, 4, {176, 155, 140, 135}},
    {35, 5, {180, 157, 141, 134, 130}},
    {67, 11, {254, 254, 243, 230, 196, 177, 153, 140, 133, 130, 129}},
}};

/// Largest magnitude of a coefficient level: dct_cat6 with 11 extra bits.
inline constexpr int kMaxTokenValue = 67 + 2047;

// --- Quantiser steps (§14.1) ---

inline constexpr std::array<std::uint8_t, 128> kDcStep = {
    4,   5,   6,   7,   8,   9,   10,  10,  11,  12,  13,  14,  15,  16,  17,  17,  18,  19,  20,
    20,  21,  21,  22,  22,  23,  23,  24,  25,  25,  26,  27,  28,  29,  30,  31,  32,  33,  34,
    35,  36,  37,  37,  38,  39,  40,  41,  42,  43,  44,  45,  46,  46,  47,  48,  49,  50,  51,
    52,  53,  54,  55,  56,  57,  58,  59,  60,  61,  62,  63,  64,  65,  66,  67,  68,  69,  70,
    71,  72,  73,  74,  75,  76,  76,  77,  78,  79,  80,  81,  82,  83,  84,  85,  86,  87,  88,
    89,  91,  93,  95,  96,  98,  100, 101, 102, 104, 106, 108, 110, 112, 114, 116, 118, 122, 124,
    126, 128, 130, 132, 134, 136, 138, 140, 143, 145, 148, 151, 154, 157};

inline constexpr std::array<std::uint16_t, 128> kAcStep = {
    4,   5,   6,   7,   8,   9,   10,  11,  12,  13,  14,  15,  16,  17,  18,  19,  20,  21,  22,
    23,  24,  25,  26,  27,  28,  29,  30,  31,  32,  33,  34,  35,  36,  37,  38,  39,  40,  41,
    42,  43,  44,  45,  46,  47,  48,  49,  50,  51,  52,  53,  54,  55,  56,  57,  58,  60,  62,
    64,  66,  68,  70,  72,  74,  76,  78,  80,  82,  84,  86,  88,  90,  92,  94,  96,  98,  100,
    102, 104, 106, 108, 110, 112, 114, 116, 119, 122, 125, 128, 131, 134, 137, 140, 143, 146, 149,
    152, 155, 158, 161, 164, 167, 170, 173, 177, 181, 185, 189, 193, 197, 201, 205, 209, 213, 217,
    221, 225, 229, 234, 239, 245, 249, 254, 259, 264, 269, 274, 279, 284};

// --- Trees (§8.1): a positive entry is the index of the next pair, a value <= 0 is minus a leaf
// ---

using TreeIndex = std::int8_t;

inline constexpr std::array<TreeIndex, 8> kYModeTree = {-DC_PRED, 2,       4,        6,
                                                        -V_PRED,  -H_PRED, -TM_PRED, -B_PRED};
inline constexpr std::array<TreeIndex, 8> kKeyFrameYModeTree = {
    -B_PRED, 2, 4, 6, -DC_PRED, -V_PRED, -H_PRED, -TM_PRED};
inline constexpr std::array<TreeIndex, 6> kUvModeTree = {-DC_PRED, 2,       -V_PRED,
                                                         4,        -H_PRED, -TM_PRED};
inline constexpr std::array<TreeIndex, 18> kSubblockModeTree = {
    -B_DC_PRED, 2,          -B_TM_PRED, 4,  -B_VE_PRED, 6,  8,          12,        -B_HE_PRED, 10,
    -B_RD_PRED, -B_VR_PRED, -B_LD_PRED, 14, -B_VL_PRED, 16, -B_HD_PRED, -B_HU_PRED};
inline constexpr std::array<TreeIndex, 8> kMvRefTree = {-ZEROMV, 2, -NEARESTMV, 4,
                                                        -NEARMV, 6, -NEWMV,     -SPLITMV};
inline constexpr std::array<TreeIndex, 6> kSplitPartitionTree = {
    -kSplit4x4, 2, -kSplit8x8, 4, -kSplit16x8, -kSplit8x16};
inline constexpr std::array<TreeIndex, 14> kSmallMvTree = {2,  8,  4,  6,  -0, -1, -2,
                                                           -3, 10, 12, -4, -5, -6, -7};
inline constexpr std::array<TreeIndex, 6> kSegmentIdTree = {2, 4, -0, -1, -2, -3};

/// How a part of a SPLITMV macroblock says its vector (§16.3).
enum SubMvRef : std::uint8_t { LEFT4X4, ABOVE4X4, ZERO4X4, NEW4X4, kSubMvRefs };
inline constexpr std::array<TreeIndex, 6> kSubMvRefTree = {-LEFT4X4, 2,        -ABOVE4X4,
                                                           4,        -ZERO4X4, -NEW4X4};

// --- Mode probabilities (§11, §16) ---

inline constexpr std::array<Probability, 4> kDefaultYModeProbs = {112, 86, 140, 37};
inline constexpr std::array<Probability, 4> kKeyFrameYModeProbs = {145, 156, 163, 128};
inline constexpr std::array<Probability, 3> kDefaultUvModeProbs = {162, 101, 204};
inline constexpr std::array<Probability, 3> kKeyFrameUvModeProbs = {142, 114, 183};
inline constexpr std::array<Probability, 9> kSubblockModeProbs = {120, 90, 79,  133, 87,
                                                                  85,  80, 111, 151};
extern const std::array<std::array<std::array<Probability, kSubblockModes - 1>, kSubblockModes>,
                        kSubblockModes>
    kKeyFrameSubblockModeProbs;  // [above][left]

/// Probabilities of the inter mode tree, one row per count of neighbours (§16.3).
VP8_TABLE std::array<std::array<Probability, 4>, 6> kModeContexts = {{{7, 1, 1, 143},
                                                                      {14, 18, 14, 107},
                                                                      {135, 64, 57, 68},
                                                                      {60, 56, 128, 65},
                                                                      {159, 134, 128, 34},
                                                                      {234, 188, 128, 28}}};

VP8_TABLE std::array<Probability, 3> kSplitPartitionProbs = {110, 111, 150};

/// [context][node]: normal, left is zero, above is zero, left equals above, both zero (§16.3).
VP8_TABLE std::array<std::array<Probability, 3>, 5> kSubMvRefProbs = {
    {{147, 136, 18}, {106, 145, 1}, {179, 121, 1}, {223, 1, 34}, {208, 1, 1}}};

/// Which part each subblock belongs to (§16.3).
VP8_TABLE std::array<std::array<std::uint8_t, 16>, kSplitPartitions> kSplitPart = {
    {{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1},
     {0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1},
     {0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3},
     {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}}};
VP8_TABLE std::array<std::uint8_t, kSplitPartitions> kSplitParts = {2, 2, 4, 16};

// --- Motion vector probabilities (§17.2) ---

inline constexpr int kMvShortTreeNodes = 7;
inline constexpr int kMvLongBits = 10;
inline constexpr int kMvIsShort = 0;
inline constexpr int kMvSign = 1;
inline constexpr int kMvShort = 2;
inline constexpr int kMvLong = kMvShort + kMvShortTreeNodes;
inline constexpr int kMvProbs = kMvLong + kMvLongBits;
/// Largest magnitude of a coded vector component, in quarter pixels.
inline constexpr int kMaxMvDelta = (1 << kMvLongBits) - 1;

using MvComponentProbs = std::array<Probability, kMvProbs>;
using MvProbs = std::array<MvComponentProbs, 2>;  // row, column

inline constexpr MvProbs kMvUpdateProbs = {{{237, 246, 253, 253, 254, 254, 254, 254, 254, 254, 254,
                                             254, 254, 254, 250, 250, 252, 254, 254},
                                            {231, 243, 245, 253, 254, 254, 254, 254, 254, 254, 254,
                                             254, 254, 254, 251, 251, 254, 254, 254}}};

inline constexpr MvProbs kDefaultMvProbs = {
    {{162, 128, 225, 146, 172, 147, 214, 39, 156, 128, 129, 132, 75, 145, 178, 206, 239, 254, 254},
     {164, 128, 204, 170, 119, 235, 140, 230, 228, 128, 130, 130, 74, 148, 180, 203, 236, 254,
      254}}};

}  // namespace vp8
