// The objects of a run in S3, or whatever speaks its protocol.
#pragma once

#include <memory>

#include "cloud/s3_client.hh"
#include "cloud/store.hh"

namespace cloud {

/// Each object carries the SHA-256 of its bytes, which get() holds them against; whatever cuts,
/// flips or mixes up bytes on the way is found, asked for again, and Damaged in the end. put_new()
/// may say false about an object of its own, if the answer to its first attempt got lost.
class S3Store final : public ObjectStore {
 public:
  /// See S3Client.
  S3Store(S3Options options, std::shared_ptr<CredentialsSource> credentials);

  void put(const std::string& key, ByteSpan bytes) override;
  bool put_new(const std::string& key, ByteSpan bytes) override;
  std::optional<Bytes> get(const std::string& key, std::optional<Range> range = {}) override;
  std::vector<std::string> list(const std::string& prefix) override;
  void remove(std::span<const std::string> keys) override;

 private:
  using Headers = std::map<std::string, std::string>;

  bool write(const std::string& key, ByteSpan bytes, const Headers& condition);
  bool write_in_parts(const std::string& key, ByteSpan bytes, const Headers& condition);
  std::string write_part(const std::string& key, const std::string& query, ByteSpan part);
  std::string start_parts(const std::string& key, ByteSpan bytes);
  void abandon_parts(const std::string& key, const std::string& upload) noexcept;
  void remove_some(std::span<const std::string> keys);

  S3Client client_;
};

}  // namespace cloud
