// SPDX-License-Identifier: Apache-2.0
// A session with a front-end that this test plays: what is answered, what reaches the device, and what ends it.
#include "serve/vhost_user.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "regmap.h"

namespace {

constexpr uint32_t request_flags = 1, need_reply = 8, reply_flags = 5;
constexpr uint64_t guest_base = 0x1'0000'0000, user_base = 0x7f00'0000'0000;
constexpr size_t region_bytes = 1 << 20;
constexpr uint64_t packed = uint64_t{1} << VIRTIO_F_RING_PACKED_BIT | uint64_t{1} << VIRTIO_F_VERSION_1_BIT;
constexpr uint64_t protocol_bit = uint64_t{1} << 30;

enum : uint32_t {
    GET_FEATURES = 1, SET_FEATURES = 2, SET_OWNER = 3, SET_MEM_TABLE = 5, SET_VRING_NUM = 8, SET_VRING_ADDR = 9, SET_VRING_BASE = 10,
    GET_VRING_BASE = 11, SET_VRING_KICK = 12, SET_VRING_CALL = 13, GET_PROTOCOL_FEATURES = 15, SET_PROTOCOL_FEATURES = 16,
    GET_QUEUE_NUM = 17, SET_VRING_ENABLE = 18, SET_BACKEND_REQ_FD = 21, GET_CONFIG = 24, VRING_KICK = 35
};

struct Message {
    uint32_t request = 0, flags = 0;
    std::vector<uint8_t> payload;
    uint64_t u64() const {
        uint64_t value = 0;
        std::memcpy(&value, payload.data(), std::min<size_t>(sizeof value, payload.size()));
        return value;
    }
};

template <class... T>
std::vector<uint8_t> bytes(const T&... values) {
    std::vector<uint8_t> all;
    (all.insert(all.end(), reinterpret_cast<const uint8_t*>(&values), reinterpret_cast<const uint8_t*>(&values) + sizeof values), ...);
    return all;
}

class VhostUser : public ::testing::Test {
protected:
    VhostUser() {
        int ends[2];
        EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        front_end_ = ends[0];
        device_.ctx = this;
        device_.features = packed;
        device_.pairs = 1;
        device_.config = config_;
        device_.config_size = sizeof config_;
        device_.changed = [](void* ctx, char*, size_t) {
            auto* test = static_cast<VhostUser*>(ctx);
            test->changes_++;
            test->on_ = test->on_ || (vhost_user_ring_live(&test->session_, 0) && vhost_user_ring_live(&test->session_, 1));
            return 0;
        };
        device_.stop = [](void* ctx) { static_cast<VhostUser*>(ctx)->on_ = false; };
        vhost_user_open(&session_, ends[1], &device_);
        file_ = memfd_create("front-end", MFD_CLOEXEC);
        EXPECT_EQ(ftruncate(file_, region_bytes), 0);
    }
    ~VhostUser() override {
        vhost_user_close(&session_);
        if (front_end_ >= 0) close(front_end_);
        close(file_);
    }

    void send_raw(const std::vector<uint8_t>& data, const std::vector<int>& fds = {}) {
        std::vector<char> control(CMSG_SPACE(fds.size() * sizeof(int)));
        iovec part{const_cast<uint8_t*>(data.data()), data.size()};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        if (!fds.empty()) {
            message.msg_control = control.data();
            message.msg_controllen = control.size();
            cmsghdr* header = CMSG_FIRSTHDR(&message);
            header->cmsg_level = SOL_SOCKET;
            header->cmsg_type = SCM_RIGHTS;
            header->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
            std::memcpy(CMSG_DATA(header), fds.data(), fds.size() * sizeof(int));
        }
        ASSERT_EQ(sendmsg(front_end_, &message, MSG_NOSIGNAL), static_cast<ssize_t>(data.size()));
    }
    // Sends a request and lets the session handle it; its status.
    int say(uint32_t request, const std::vector<uint8_t>& payload = {}, const std::vector<int>& fds = {}, uint32_t flags = request_flags) {
        std::vector<uint8_t> data = bytes(request, flags, static_cast<uint32_t>(payload.size()));
        data.insert(data.end(), payload.begin(), payload.end());
        send_raw(data, fds);
        return vhost_user_step(&session_);
    }
    Message answer() {
        Message message;
        uint32_t header[3];
        EXPECT_EQ(recv(front_end_, header, sizeof header, MSG_DONTWAIT), static_cast<ssize_t>(sizeof header));
        message.request = header[0];
        message.flags = header[1];
        message.payload.resize(header[2]);
        if (header[2]) { EXPECT_EQ(recv(front_end_, message.payload.data(), header[2], MSG_DONTWAIT), static_cast<ssize_t>(header[2])); }
        return message;
    }
    bool silent() {
        char byte;
        return recv(front_end_, &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0 && errno == EAGAIN;
    }
    int memory(uint32_t flags = request_flags) {
        return say(SET_MEM_TABLE, bytes(uint32_t{1}, uint32_t{0}, guest_base, uint64_t{region_bytes}, user_base, uint64_t{0}), {file_}, flags);
    }
    int address(uint32_t ring, uint64_t offset) {
        return say(SET_VRING_ADDR, bytes(ring, uint32_t{0}, user_base + offset, user_base + offset + 0x8004, user_base + offset + 0x8000, uint64_t{0}));
    }
    int start(uint32_t ring) {
        const int kick = eventfd(0, EFD_CLOEXEC);
        int status = say(SET_VRING_NUM, bytes(ring, uint32_t{256}));
        if (status == 1) status = say(SET_VRING_BASE, bytes(ring, uint32_t{0x8000}));
        if (status == 1) status = address(ring, ring * 0x10000);
        if (status == 1) status = say(SET_VRING_KICK, bytes(uint64_t{ring}), {kick});
        close(kick);
        return status;
    }
    void bring_up() {
        ASSERT_EQ(say(SET_FEATURES, bytes(packed | protocol_bit)), 1);
        ASSERT_EQ(memory(), 1);
        for (uint32_t ring = 0; ring < 2; ring++) ASSERT_EQ(start(ring), 1) << session_.error;
        for (uint32_t ring = 0; ring < 2; ring++) ASSERT_EQ(say(SET_VRING_ENABLE, bytes(ring, uint32_t{1})), 1);
    }
    std::string error() const { return session_.error; }

    uint8_t config_[24] = {2, 0, 0, 0, 0, 1};
    vhost_user_device device_{};
    vhost_user session_{};
    int front_end_ = -1, file_ = -1;
    int changes_ = 0;
    bool on_ = false;
};

TEST_F(VhostUser, OffersTheFeaturesOfTheDeviceAndItsOwn) {
    EXPECT_EQ(say(GET_FEATURES), 1);
    const Message message = answer();
    EXPECT_EQ(message.request, GET_FEATURES);
    EXPECT_EQ(message.flags, reply_flags);
    EXPECT_EQ(message.u64(), packed | protocol_bit);
}

TEST_F(VhostUser, StartsTheDeviceWhenBothRingsAreStartedAndEnabled) {
    ASSERT_EQ(say(SET_FEATURES, bytes(packed | protocol_bit)), 1);
    ASSERT_EQ(memory(), 1);
    ASSERT_EQ(start(0), 1);
    ASSERT_EQ(start(1), 1);
    ASSERT_EQ(say(SET_VRING_ENABLE, bytes(uint32_t{0}, uint32_t{1})), 1);
    EXPECT_FALSE(on_);
    ASSERT_EQ(say(SET_VRING_ENABLE, bytes(uint32_t{1}, uint32_t{1})), 1);
    EXPECT_TRUE(on_);
    EXPECT_TRUE(silent());
}

TEST_F(VhostUser, RingsAreEnabledFromTheStartWithoutTheProtocolsFeatures) {
    ASSERT_EQ(say(SET_FEATURES, bytes(packed)), 1);
    ASSERT_EQ(memory(), 1);
    ASSERT_EQ(start(0), 1);
    ASSERT_EQ(start(1), 1);
    EXPECT_TRUE(on_);
}

TEST_F(VhostUser, RingAddressesBecomeGuestPhysical) {
    bring_up();
    EXPECT_EQ(session_.rings[1].desc, guest_base + 0x10000);
    EXPECT_EQ(session_.rings[1].device, guest_base + 0x18004) << "used is the device area";
    EXPECT_EQ(session_.rings[1].driver, guest_base + 0x18000);
    EXPECT_NE(vhost_memory_at(&session_.memory, guest_base + region_bytes - 1, 1), nullptr);
    EXPECT_EQ(vhost_memory_at(&session_.memory, guest_base + region_bytes - 1, 2), nullptr);
}

TEST_F(VhostUser, StopsTheDeviceBeforeItSaysWhereARingIs) {
    bring_up();
    ASSERT_TRUE(on_);
    EXPECT_EQ(say(GET_VRING_BASE, bytes(uint32_t{0}, uint32_t{0})), 1);
    EXPECT_FALSE(on_);
    EXPECT_EQ(answer().request, GET_VRING_BASE);
    EXPECT_FALSE(session_.rings[0].started);
}

TEST_F(VhostUser, RunsAgainAfterAStop) {
    bring_up();
    for (uint32_t ring = 0; ring < 2; ring++) {
        ASSERT_EQ(say(GET_VRING_BASE, bytes(ring, uint32_t{0})), 1);
        answer();
    }
    ASSERT_EQ(memory(), 1);
    ASSERT_EQ(start(0), 1);
    ASSERT_EQ(start(1), 1);
    EXPECT_TRUE(on_);
}

TEST_F(VhostUser, AnswersWhenAskedTo) {
    EXPECT_EQ(memory(request_flags | need_reply), 1);
    EXPECT_EQ(answer().u64(), 0u);
    EXPECT_EQ(say(99, {}, {}, request_flags | need_reply), 1);
    EXPECT_NE(answer().u64(), 0u) << "a request that is not known is no success";
    EXPECT_EQ(say(99), 1);
    EXPECT_TRUE(silent());
}

TEST_F(VhostUser, ConfigurationIsAnsweredInTheSizeThatWasAsked) {
    EXPECT_EQ(say(GET_CONFIG, bytes(uint32_t{0}, uint32_t{6}, uint32_t{0}, uint32_t{0}, uint16_t{0})), 1);
    const Message message = answer();
    ASSERT_EQ(message.payload.size(), 18u);
    EXPECT_EQ(std::memcmp(message.payload.data() + 12, config_, 6), 0);
    EXPECT_EQ(say(GET_CONFIG, bytes(uint32_t{0xFFFFFFF0}, uint32_t{0x20}, uint32_t{0})), -1);
}

TEST_F(VhostUser, SeveralQueuesAreOfferedByADeviceThatHasThem) {
    say(GET_PROTOCOL_FEATURES);
    EXPECT_EQ(answer().u64() & 1, 0u);
    EXPECT_EQ(say(GET_QUEUE_NUM), 1);
    EXPECT_EQ(answer().u64(), 1u);
    device_.pairs = 4;
    say(GET_PROTOCOL_FEATURES);
    EXPECT_EQ(answer().u64() & 1, 1u);
    EXPECT_EQ(say(GET_QUEUE_NUM), 1);
    EXPECT_EQ(answer().u64(), 4u);
    for (uint32_t ring = 0; ring < 9; ring++) EXPECT_EQ(say(SET_VRING_NUM, bytes(ring, uint32_t{64})), 1) << ring;
    EXPECT_EQ(say(SET_VRING_NUM, bytes(uint32_t{9}, uint32_t{64})), -1);
    EXPECT_NE(error().find("ring 9 does not exist: there are 9"), std::string::npos) << error();
}

TEST_F(VhostUser, AMessageMayArriveInPieces) {
    const std::vector<uint8_t> message = bytes(uint32_t{SET_FEATURES}, request_flags, uint32_t{8}, packed);
    for (size_t i = 0; i + 1 < message.size(); i++) {
        send_raw({message[i]});
        EXPECT_EQ(vhost_user_step(&session_), 0) << i;
    }
    send_raw({message.back()});
    EXPECT_EQ(vhost_user_step(&session_), 1);
    EXPECT_EQ(session_.features, packed);
}

TEST_F(VhostUser, AFrontEndThatGoesIsNoMistake) {
    close(front_end_);
    front_end_ = -1;
    EXPECT_EQ(vhost_user_step(&session_), -1);
    EXPECT_EQ(error(), "");
}

TEST_F(VhostUser, AFrontEndThatGoesInsideAMessageIsOne) {
    send_raw({1, 0, 0});
    close(front_end_);
    front_end_ = -1;
    EXPECT_EQ(vhost_user_step(&session_), -1);
    EXPECT_NE(error().find("inside a message"), std::string::npos) << error();
}

TEST_F(VhostUser, MemoryThatIsTakenAwayIsSeenUntilItIsGivenBack) {
    bring_up();
    EXPECT_FALSE(vhost_memory_withdrawn(&session_.memory));
    ASSERT_EQ(ftruncate(file_, 0), 0);
    *static_cast<volatile uint8_t*>(vhost_memory_at(&session_.memory, guest_base, 1)) = 1;
    EXPECT_TRUE(vhost_memory_withdrawn(&session_.memory));
    vhost_memory_unmap(&session_.memory);
    EXPECT_FALSE(vhost_memory_withdrawn(&session_.memory)) << "the next front-end did nothing";
}

// What a front-end may not do. Each ends the session with a message that names it.
TEST_F(VhostUser, SplitRingsAreRefused) {
    EXPECT_EQ(say(SET_FEATURES, bytes(uint64_t{1} << VIRTIO_F_VERSION_1_BIT)), -1);
    EXPECT_NE(error().find("packed"), std::string::npos) << error();
}
TEST_F(VhostUser, FeaturesThatWereNotOfferedAreRefused) {
    EXPECT_EQ(say(SET_FEATURES, bytes(packed | uint64_t{1} << 33)), -1);
    EXPECT_NE(error().find("0x200000000"), std::string::npos) << error();
}
TEST_F(VhostUser, ARingThatDoesNotExistIsRefused) {
    EXPECT_EQ(say(SET_VRING_NUM, bytes(uint32_t{200}, uint32_t{256})), -1);
    EXPECT_NE(error().find("ring 200"), std::string::npos) << error();
}
TEST_F(VhostUser, ARingOfNoOrTooManySlotsIsRefused) {
    EXPECT_EQ(say(SET_VRING_NUM, bytes(uint32_t{0}, uint32_t{32769})), -1);
}
TEST_F(VhostUser, ARingOutsideTheMemoryIsRefused) {
    ASSERT_EQ(memory(), 1);
    ASSERT_EQ(say(SET_VRING_NUM, bytes(uint32_t{0}, uint32_t{256})), 1);
    EXPECT_EQ(address(0, region_bytes - 4096 + 1), -1);
    EXPECT_NE(error().find("not in the front-end's memory"), std::string::npos) << error();
}
TEST_F(VhostUser, ARingThatIsNotAlignedIsRefused) {
    ASSERT_EQ(memory(), 1);
    ASSERT_EQ(say(SET_VRING_NUM, bytes(uint32_t{0}, uint32_t{256})), 1);
    EXPECT_EQ(address(0, 8), -1);
    EXPECT_NE(error().find("aligned"), std::string::npos) << error();
}
TEST_F(VhostUser, ARingThatWouldGoOnInItsMiddleIsRefused) {
    EXPECT_EQ(say(SET_VRING_BASE, bytes(uint32_t{0}, uint32_t{0x8007})), -1);
    EXPECT_NE(error().find("0x8007"), std::string::npos) << error();
}
TEST_F(VhostUser, ARingThatIsStartedBeforeItsAddressIsKnownIsRefused) {
    const int kick = eventfd(0, EFD_CLOEXEC);
    EXPECT_EQ(say(SET_VRING_KICK, bytes(uint64_t{0}), {kick}), -1);
    close(kick);
}
TEST_F(VhostUser, AKickWithoutADescriptorIsRefused) {
    ASSERT_EQ(memory(), 1);
    EXPECT_EQ(say(SET_VRING_KICK, bytes(uint64_t{0})), -1);
}
TEST_F(VhostUser, MemoryThatMovesUnderRunningRingsIsRefused) {
    bring_up();
    EXPECT_EQ(memory(), -1);
    EXPECT_NE(error().find("while rings run"), std::string::npos) << error();
}
TEST_F(VhostUser, AMemoryTableWithoutItsFilesIsRefused) {
    EXPECT_EQ(say(SET_MEM_TABLE, bytes(uint32_t{1}, uint32_t{0}, guest_base, uint64_t{4096}, user_base, uint64_t{0})), -1);
    EXPECT_EQ(session_.memory.count, 0u);
}
TEST_F(VhostUser, AMemoryTableThatIsCutOffIsRefused) {
    EXPECT_EQ(say(SET_MEM_TABLE, bytes(uint32_t{2}, uint32_t{0}, guest_base), {file_, file_}), -1);
}
TEST_F(VhostUser, AMessageThatIsTooLargeIsRefused) {
    send_raw(bytes(uint32_t{SET_FEATURES}, request_flags, uint32_t{0xFFFFFFFF}));
    EXPECT_EQ(vhost_user_step(&session_), -1);
}
TEST_F(VhostUser, AnAnswerIsNoRequest) {
    send_raw(bytes(uint32_t{GET_FEATURES}, reply_flags, uint32_t{0}));
    EXPECT_EQ(vhost_user_step(&session_), -1);
}

// Whatever arrives, the session answers or ends; descriptors do not leak.
class VhostUserFuzz : public VhostUser {
protected:
    static int open_files() {
        int count = 0;
        for (int fd = 0; fd < 1024; fd++) count += fcntl(fd, F_GETFD) >= 0;
        return count;
    }
    // A session with `messages` requests, mostly well-formed, some of them mangled.
    void round(std::mt19937& random, int messages) {
        static const uint32_t known[] = {1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 21, 24};
        const auto any = [&](uint32_t below) { return static_cast<uint32_t>(random() % below); };
        device_.pairs = any(3) ? 1 : 1 + any(VHOST_USER_MAX_PAIRS);
        for (int i = 0; i < messages; i++) {
            const uint32_t request = any(10) ? known[any(18)] : any(64);
            std::vector<uint8_t> payload(any(4) ? 8 * any(14) : any(VHOST_USER_MAX_PAYLOAD));
            for (auto& byte : payload) byte = static_cast<uint8_t>(any(3) ? any(3) : random());
            if (request == SET_FEATURES && any(4)) payload = bytes(packed | (any(2) ? protocol_bit : 0));
            if ((request == SET_MEM_TABLE || request == SET_VRING_ADDR) && any(4)) {
                const uint64_t size = uint64_t{any(257)} * 4096;
                payload = request == SET_MEM_TABLE
                              ? bytes(uint32_t{1}, uint32_t{0}, guest_base - any(2) * 4096, size, user_base, uint64_t{any(2) * 4096})
                              : bytes(any(4), uint32_t{0}, user_base + any(300) * 4096, user_base + any(300) * 4096, user_base + any(300) * 4, uint64_t{0});
            }
            std::vector<int> fds(any(3) ? request == SET_MEM_TABLE || request == SET_VRING_KICK || request == SET_VRING_CALL : any(9), file_);
            if (say(request, payload, fds, any(20) ? request_flags | (any(2) ? need_reply : 0) : any(16)) < 0) return;
            char drain[4096];
            while (recv(front_end_, drain, sizeof drain, MSG_DONTWAIT) > 0) continue;
        }
    }
    void rounds(uint32_t seed, int count) {
        const int before = open_files();
        for (int i = 0; i < count; i++) {
            std::mt19937 random(seed + static_cast<uint32_t>(i));
            round(random, 40);
            EXPECT_LE(session_.have, sizeof session_.bytes);
            vhost_user_close(&session_);
            close(front_end_);
            int ends[2];
            ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
            front_end_ = ends[0];
            vhost_user_open(&session_, ends[1], &device_);
            ASSERT_EQ(open_files(), before) << "round " << seed + static_cast<uint32_t>(i);
        }
    }
};

TEST_F(VhostUserFuzz, RandomMessagesNeitherCrashNorLeak) { rounds(1, 2000); }
TEST_F(VhostUserFuzz, NightlyMoreOfThem) { rounds(100000, 400000); }

// A front-end in simulated time: kicks and calls are messages.
class VhostUserInBand : public VhostUser {
protected:
    VhostUserInBand() {
        device_.kicked = [](void* ctx, unsigned ring, char* error, size_t size) {
            auto* test = static_cast<VhostUserInBand*>(ctx);
            test->kicks_.push_back(ring);
            if (test->refuses_) std::snprintf(error, size, "not today");
            return test->refuses_ ? -EPROTO : 0;
        };
    }
    ~VhostUserInBand() override {
        if (calls_ >= 0) close(calls_);
    }
    void bring_up_in_band() {
        int ends[2];
        ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        calls_ = ends[0];
        ASSERT_EQ(say(SET_PROTOCOL_FEATURES, bytes(in_band)), 1) << error();
        ASSERT_EQ(say(SET_BACKEND_REQ_FD, {}, {ends[1]}), 1) << error();
        close(ends[1]);
        ASSERT_EQ(say(SET_FEATURES, bytes(packed | protocol_bit)), 1);
        ASSERT_EQ(memory(), 1);
        for (uint32_t ring = 0; ring < 2; ring++) {
            ASSERT_EQ(say(SET_VRING_NUM, bytes(ring, uint32_t{256})), 1);
            ASSERT_EQ(say(SET_VRING_BASE, bytes(ring, uint32_t{0})), 1);
            ASSERT_EQ(address(ring, ring * 0x10000), 1);
            ASSERT_EQ(say(SET_VRING_ENABLE, bytes(ring, uint32_t{1})), 1) << error();
        }
    }
    static constexpr uint64_t in_band = 1 << 3 | 1 << 5 | 1 << 14;
    std::vector<unsigned> kicks_;
    bool refuses_ = false;
    int calls_ = -1;
};

TEST_F(VhostUserInBand, EnablingARingStartsItAndKicksAreMessages) {
    ASSERT_EQ(say(VRING_KICK, bytes(uint32_t{0}, uint32_t{0})), -1) << "not before it was negotiated";
    session_.error[0] = 0;
    bring_up_in_band();
    EXPECT_TRUE(vhost_user_ring_live(&session_, 0));
    ASSERT_EQ(say(VRING_KICK, bytes(uint32_t{1}, uint32_t{0}), {}, request_flags | need_reply), 1);
    EXPECT_EQ(answer().u64(), 0u) << "the front-end goes on when it was handled";
    EXPECT_EQ(kicks_, std::vector<unsigned>{1});
    ASSERT_EQ(say(SET_VRING_ENABLE, bytes(uint32_t{1}, uint32_t{0})), 1);
    EXPECT_FALSE(vhost_user_ring_live(&session_, 1));
    ASSERT_EQ(say(VRING_KICK, bytes(uint32_t{1}, uint32_t{0})), 1);
    EXPECT_EQ(kicks_.size(), 1u) << "a ring that is off is not looked at";
}

TEST_F(VhostUserInBand, AKickThatTheDeviceRefusesEndsTheSession) {
    bring_up_in_band();
    refuses_ = true;
    EXPECT_EQ(say(VRING_KICK, bytes(uint32_t{0}, uint32_t{0})), -1);
    EXPECT_EQ(error(), "VRING_KICK: not today");
}

TEST_F(VhostUserInBand, ACallIsAMessageThatIsAnswered) {
    bring_up_in_band();
    ASSERT_EQ(vhost_user_call(&session_, 1), 1);
    EXPECT_EQ(vhost_user_called(&session_), 0);
    uint32_t call[5];
    ASSERT_EQ(recv(calls_, call, sizeof call, MSG_DONTWAIT), static_cast<ssize_t>(sizeof call));
    EXPECT_EQ(call[0], 4u);
    EXPECT_EQ(call[1], request_flags | need_reply);
    EXPECT_EQ(call[2], 8u);
    EXPECT_EQ(call[3], 1u) << "the ring";
    const std::vector<uint8_t> reply = bytes(uint32_t{4}, reply_flags, uint32_t{8}, uint64_t{0});
    ASSERT_EQ(send(calls_, reply.data(), reply.size(), 0), static_cast<ssize_t>(reply.size()));
    EXPECT_EQ(vhost_user_called(&session_), 1);
}

TEST_F(VhostUserInBand, AnotherAnswerThanACallsEndsTheSession) {
    bring_up_in_band();
    ASSERT_EQ(vhost_user_call(&session_, 0), 1);
    const std::vector<uint8_t> reply = bytes(uint32_t{3}, reply_flags, uint32_t{8}, uint64_t{0});
    ASSERT_EQ(send(calls_, reply.data(), reply.size(), 0), static_cast<ssize_t>(reply.size()));
    EXPECT_EQ(vhost_user_called(&session_), -1);
    EXPECT_NE(error(), "");
}

TEST_F(VhostUser, KicksInMessagesAreOfferedOnlyByADeviceThatTakesThem) {
    EXPECT_EQ(say(SET_PROTOCOL_FEATURES, bytes(uint64_t{1 << 3 | 1 << 14})), -1);
    EXPECT_NE(error().find("were not offered"), std::string::npos);
}

TEST(VhostMemory, AFileThatShrinksIsSeenAndDoesNotEndTheProgram) {
    const int file = memfd_create("front-end", MFD_CLOEXEC);
    ASSERT_EQ(ftruncate(file, region_bytes), 0);
    vhost_memory memory{};
    char error[128];
    const vhost_region_info region = {guest_base, region_bytes, user_base, 0};
    ASSERT_EQ(vhost_memory_map(&memory, &region, &file, 1, error, sizeof error), 0) << error;
    volatile uint8_t* byte = vhost_memory_at(&memory, guest_base + 8192, 1);
    *byte = 7;
    EXPECT_FALSE(vhost_memory_withdrawn(&memory));
    ASSERT_EQ(ftruncate(file, 4096), 0);
    EXPECT_EQ(*byte, 0);
    EXPECT_TRUE(vhost_memory_withdrawn(&memory));
    vhost_memory_unmap(&memory);
    close(file);
}

TEST(VhostMemory, RegionsThatCannotBeAreRefused) {
    const int file = memfd_create("front-end", MFD_CLOEXEC);
    ASSERT_EQ(ftruncate(file, 8192), 0);
    vhost_memory memory{};
    char error[128];
    const auto refused = [&](std::vector<vhost_region_info> regions) {
        const std::vector<int> files(regions.size(), file);
        return vhost_memory_map(&memory, regions.data(), files.data(), static_cast<unsigned>(regions.size()), error, sizeof error) != 0 &&
               memory.count == 0;
    };
    EXPECT_TRUE(refused({{0, 0, 0, 0}})) << "no bytes";
    EXPECT_TRUE(refused({{0, 8193, 0, 0}})) << "more than the file has";
    EXPECT_TRUE(refused({{0, 8192, 0, 1}})) << "more than the file has behind its offset";
    EXPECT_TRUE(refused({{0, 8192, 0, UINT64_MAX - 100}})) << "an offset that wraps";
    EXPECT_TRUE(refused({{UINT64_MAX - 4095, 8192, 0, 0}})) << "addresses that wrap";
    EXPECT_TRUE(refused({{0, 8192, 0, 0}, {8191, 8192, 1 << 20, 0}})) << "two at one address";
    EXPECT_FALSE(refused({{UINT64_MAX - 8191, 8192, 0, 0}, {0, 8192, 1 << 20, 0}})) << error;
    vhost_memory_unmap(&memory);
    close(file);
}

}  // namespace
