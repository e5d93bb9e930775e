// Rebasing down a chain.
#include "host/chain.hh"

namespace host {

RebasedPicture Chain::rebase(const vp8::PictureRef& source, vp8::Decisions decisions) {
  vp8::Encoded coded = vp8::encode(state_, *source, std::move(decisions));
  state_ = std::move(coded.next);
  return {std::move(coded.bytes), measure(*source, *coded.reconstruction)};
}

}  // namespace host
