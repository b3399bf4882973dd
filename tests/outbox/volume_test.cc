#include "outbox/volume.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cerrno>

namespace firebase_relay::outbox {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::uint32_t kUser = 65'532;
constexpr std::uint64_t kNfs = 0x6969;
constexpr std::uint64_t kExt4 = 0xEF53;
const char* const kLocalDisk = "put the outbox on a local disk";

Volume at(std::uint64_t magic, std::optional<std::uint64_t> free_bytes = 1ull << 30) {
  return {file_system_of(magic), false, free_bytes};
}

struct Known {
  const char* name;
  std::uint64_t magic;  ///< linux/magic.h
  VolumeKind kind;
};

class VolumeKinds : public testing::TestWithParam<Known> {};

TEST_P(VolumeKinds, AreToldByTheFileSystemsNumber) {
  EXPECT_EQ(file_system_of(GetParam().magic).kind, GetParam().kind);
  EXPECT_EQ(warning_about(file_system_of(GetParam().magic)).empty(), GetParam().kind != VolumeKind::kShared);
}

INSTANTIATE_TEST_SUITE_P(
    Of, VolumeKinds,
    testing::Values(Known{"Nfs", 0x6969, VolumeKind::kShared}, Known{"Smb", 0x517B, VolumeKind::kShared},
                    Known{"Cifs", 0xFF534D42, VolumeKind::kShared}, Known{"Smb2", 0xFE534D42, VolumeKind::kShared},
                    Known{"P9OfWslAndDockerDesktop", 0x01021997, VolumeKind::kShared},
                    Known{"Vboxsf", 0x786F4256, VolumeKind::kShared}, Known{"Ceph", 0x00C36400, VolumeKind::kShared},
                    Known{"Fuse", 0x65735546, VolumeKind::kMaybeShared},
                    Known{"Overlay", 0x794C7630, VolumeKind::kContainer},
                    Known{"Tmpfs", 0x01021994, VolumeKind::kMemory}, Known{"Ext4", kExt4, VolumeKind::kLocal},
                    Known{"Xfs", 0x58465342, VolumeKind::kLocal}, Known{"Btrfs", 0x9123683E, VolumeKind::kLocal},
                    Known{"Zfs", 0x2FC12FC1, VolumeKind::kLocal}, Known{"F2fs", 0xF2F52010, VolumeKind::kLocal}),
    [](const auto& row) { return row.param.name; });

TEST(PlaceRemedy, OfASharedFileSystemIsALocalDiskForWhateverItsLocksMakeFail) {
  for (const int code : {SQLITE_IOERR, SQLITE_IOERR_LOCK, SQLITE_IOERR_READ, SQLITE_IOERR_FSYNC, SQLITE_PROTOCOL,
                         SQLITE_BUSY, SQLITE_BUSY_RECOVERY, SQLITE_LOCKED, SQLITE_CORRUPT, SQLITE_NOTADB}) {
    EXPECT_THAT(remedy_for(code, at(kNfs), kUser), AllOf(HasSubstr(kLocalDisk), HasSubstr("NFS"))) << code;
    EXPECT_THAT(remedy_for(code, at(kNfs), kUser), Not(HasSubstr("tries again"))) << code;
  }
}

TEST(PlaceRemedy, OfLocksAndSharedMemoryThatFailIsALocalDiskOnAnyFileSystem) {
  for (const int code :
       {SQLITE_IOERR_LOCK, SQLITE_IOERR_UNLOCK, SQLITE_IOERR_RDLOCK, SQLITE_IOERR_CHECKRESERVEDLOCK,
        SQLITE_IOERR_SHMOPEN, SQLITE_IOERR_SHMSIZE, SQLITE_IOERR_SHMLOCK, SQLITE_IOERR_SHMMAP, SQLITE_PROTOCOL}) {
    EXPECT_THAT(remedy_for(code, at(0x65735546), kUser), HasSubstr(kLocalDisk)) << code;
  }
}

TEST(PlaceRemedy, OfADiskOfOnesOwnIsWhatIsWrongWithIt) {
  EXPECT_THAT(remedy_for(SQLITE_FULL, at(kExt4), kUser), HasSubstr("make room"));
  EXPECT_THAT(remedy_for(SQLITE_IOERR_WRITE, at(kExt4, 0), kUser), HasSubstr("make room"));
  EXPECT_THAT(remedy_for(SQLITE_IOERR_SHMSIZE, at(kExt4, 0), kUser), HasSubstr("make room"));
  EXPECT_THAT(remedy_for(SQLITE_IOERR_WRITE, at(kExt4, std::nullopt), kUser), HasSubstr("dmesg"));
  EXPECT_THAT(remedy_for(SQLITE_BUSY, at(kExt4), kUser), HasSubstr("another program"));
  EXPECT_THAT(remedy_for(SQLITE_CORRUPT, at(kExt4), kUser), AllOf(HasSubstr("restart"), Not(HasSubstr(kLocalDisk))));
  EXPECT_THAT(remedy_for(SQLITE_NOMEM, at(kExt4), kUser), HasSubstr("memory"));
  EXPECT_EQ(remedy_for(SQLITE_MISUSE, at(kExt4), kUser), "");
}

TEST(PlaceRemedy, OfAMissingRightNamesTheUserUnlessAllIsReadOnly) {
  for (const int code : {SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_PERM}) {
    EXPECT_THAT(remedy_for(code, at(kExt4), kUser), HasSubstr("user (65532)")) << code;
    EXPECT_THAT(remedy_for(code, Volume{{}, true, 0}, kUser), HasSubstr("mounted read-only")) << code;
  }
  EXPECT_THAT(remedy_for_errno(EACCES, at(kExt4), kUser), HasSubstr("user (65532)"));
  EXPECT_THAT(remedy_for_errno(EROFS, Volume{{}, true, 0}, kUser), HasSubstr("mounted read-only"));
  EXPECT_THAT(remedy_for_errno(ENOSPC, at(kExt4), kUser), HasSubstr("make room"));
  EXPECT_THAT(remedy_for_errno(ENOLCK, at(kNfs), kUser), AllOf(HasSubstr(kLocalDisk), HasSubstr("NFS")));
}

TEST(PlaceRemark, IsMadeOfAContainersOwnLayerAndOfMemory) {
  EXPECT_THAT(remark_about(file_system_of(0x794C7630)), HasSubstr("mount a volume"));
  EXPECT_THAT(remark_about(file_system_of(0x01021994)), HasSubstr("in memory"));
  EXPECT_EQ(remark_about(file_system_of(kExt4)), "");
}

TEST(Volume, OfWhatIsNotThereIsThatOfTheNearestFolder) {
  EXPECT_EQ(volume_of("/proc/is/not/there").file_system.kind, volume_of("/proc").file_system.kind);
  EXPECT_EQ(volume_of("/dev/shm/is/not/there").file_system.kind, VolumeKind::kMemory);
  EXPECT_GT(volume_of("/dev/shm").free_bytes.value_or(0), 0u);
}

}  // namespace
}  // namespace firebase_relay::outbox
