// Reads a pipe as Y4M, as open_source() would, and keeps the bytes that this took.
#include "host/repeatable_input.hh"

#include <utility>

#include "host/byte_source.hh"
#include "host/media_input.hh"
#include "host/y4m.hh"

namespace host {
namespace {

// Passes bytes on and keeps a copy.
class CopyingSource final : public ByteSource {
 public:
  CopyingSource(std::unique_ptr<ByteSource> from, ScratchFile& copy)
      : from_(std::move(from)), copy_(copy) {}

 private:
  std::size_t read_some(std::span<std::uint8_t> to) override {
    const std::size_t count = from_->read(to);
    copy_.write(to.first(count));
    return count;
  }
  std::optional<std::uint64_t> size_bytes() const override { return {}; }

  std::unique_ptr<ByteSource> from_;
  ScratchFile& copy_;
};

}  // namespace

RepeatableInput::RepeatableInput(const std::string& path,
                                 std::int64_t limit,
                                 const std::string& folder,
                                 const SourceOptions& options)
    : path_(path), name_(path == "-" ? "standard input" : path), options_(options) {
  if (!is_pipe(path))
    return;
  copy_ = std::make_shared<ScratchFile>(folder);
  PipeBegin pipe = begin_pipe(path);
  is_y4m_ = pipe.is_y4m && !options.any();
  if (!is_y4m_) {
    copy_->write_all(*pipe.bytes);
    return;
  }
  Y4mReader reader(std::make_unique<CopyingSource>(std::move(pipe.bytes), *copy_), name_);
  count_pictures(reader, limit);
}

std::unique_ptr<PictureSource> RepeatableInput::open() const {
  if (!copy_)
    return open_source(path_, options_);
  if (is_y4m_)
    return std::make_unique<Y4mReader>(copy_->open(), name_);
  return open_media(copy_, name_, options_);
}

}  // namespace host
