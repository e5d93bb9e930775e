// Frames one after the other, and a list of their sizes.
#include "host/frame_store.hh"

#include <memory>

namespace host {

void FrameStore::add(const CodedFrame& frame) {
  bytes_.write(frame.bytes);
  frames_.push_back({frame.picture, frame.bytes.size()});
}

void FrameStore::write_to(FrameWriter& writer) const {
  const std::unique_ptr<ByteSource> source = bytes_.open();
  std::vector<std::uint8_t> frame;
  for (const Entry& entry : frames_) {
    frame.resize(entry.size_bytes);
    source->read(frame);
    writer.write(frame, static_cast<std::uint64_t>(entry.picture));
  }
}

std::uint64_t FrameStore::ivf_bytes() const {
  return kIvfHeaderBytes + frames_.size() * kIvfFrameHeaderBytes + bytes_.size_bytes();
}

}  // namespace host
