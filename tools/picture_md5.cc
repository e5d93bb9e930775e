// MD5 by OpenSSL.
#include "tools/picture_md5.hh"

#include <array>
#include <memory>
#include <new>

#include <fmt/core.h>
#include <openssl/evp.h>

namespace tools {
namespace {

struct FreeDigest {
  void operator()(EVP_MD_CTX* digest) const { EVP_MD_CTX_free(digest); }
};

// The calls below fail where memory is short, and where MD5 was compiled out.
void check(int success) {
  if (success != 1)
    throw std::bad_alloc();
}

}  // namespace

std::string picture_md5(const vp8::Picture& picture) {
  const std::unique_ptr<EVP_MD_CTX, FreeDigest> md5(EVP_MD_CTX_new());
  check(md5 != nullptr ? EVP_DigestInit_ex(md5.get(), EVP_md5(), nullptr) : 0);
  for (const vp8::Plane plane : {vp8::kPlaneY, vp8::kPlaneU, vp8::kPlaneV}) {
    const vp8::ConstPlaneView view = picture.shown(plane);
    for (int y = 0; y < view.height; ++y)
      check(EVP_DigestUpdate(md5.get(), view.row(y), static_cast<std::size_t>(view.width)));
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  check(EVP_DigestFinal_ex(md5.get(), digest.data(), &size));
  std::string text;
  for (unsigned int i = 0; i < size; ++i)
    text += fmt::format("{:02x}", digest[i]);
  return text;
}

}  // namespace tools
