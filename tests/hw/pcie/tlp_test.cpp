// SPDX-License-Identifier: Apache-2.0
#include "tlp.h"

#include <gtest/gtest.h>

namespace hw {
namespace {

TEST(Tlp, AReadBelowFourGibibytesHasThreeDoubleWords) {
    const TlpPtr tlp = make_mem_read(0x0100, 5, 0xFFFFFFC0, 64);
    EXPECT_EQ(tlp->fmt_type(), static_cast<uint32_t>(TLP_TYPE_MRD32));
    EXPECT_EQ(tlp->link_bytes(), 20u);
    EXPECT_EQ(tlp->address(), 0xFFFFFFC0u);
    EXPECT_EQ(tlp->kind(), TlpKind::non_posted);
}

TEST(Tlp, AReadAboveFourGibibytesCosts24BytesOnTheLink) {
    const TlpPtr tlp = make_mem_read(0x0100, 5, 0x123456780, 512);
    EXPECT_EQ(tlp->fmt_type(), static_cast<uint32_t>(TLP_TYPE_MRD64));
    EXPECT_EQ(tlp->link_bytes(), 24u);
    EXPECT_EQ(tlp->address(), 0x123456780u);
    EXPECT_EQ(tlp->length_dw(), 128u);
    EXPECT_EQ(tlp->tag(), 5u);
    EXPECT_EQ(tlp->requester(), 0x0100u);
}

TEST(Tlp, ByteEnablesMarkTheBytesOfEveryAlignmentAndLength) {
    for (uint32_t offset = 0; offset < 4; ++offset)
        for (uint32_t bytes = 1; bytes <= 20; ++bytes) {
            const TlpPtr tlp = make_mem_read(0, 0, 0x200000000 + offset, bytes);
            EXPECT_EQ(tlp->first_byte(), 0x200000000 + offset);
            EXPECT_EQ(tlp->byte_span(), bytes) << "offset " << offset;
            EXPECT_EQ(tlp->length_dw(), (offset + bytes + 3) / 4);
            EXPECT_EQ(tlp->last_be() == 0, tlp->length_dw() == 1);
        }
}

TEST(Tlp, ALengthOf4096BytesIsEncodedAsZero) {
    const TlpPtr tlp = make_mem_read(0, 0, 0x200000000, 4096);
    EXPECT_EQ(tlp->hdr[0] & 0x3FF, 0u);
    EXPECT_EQ(tlp->length_dw(), 1024u);
    EXPECT_EQ(tlp->byte_span(), 4096u);
}

TEST(Tlp, AWritePadsItsOuterDoubleWordsWithZeros) {
    make_tlp()->payload.fill(0xEE);  // the pool hands this one out again
    const uint8_t data[] = {1, 2, 3, 4, 5};
    const TlpPtr tlp = make_mem_write(0x0100, 0x100000003, data, sizeof data);
    EXPECT_EQ(tlp->payload_bytes, 8u);
    EXPECT_EQ(tlp->first_be(), 0x8u);
    EXPECT_EQ(tlp->last_be(), 0xFu);
    const std::vector<uint8_t> payload(tlp->payload.begin(), tlp->payload.begin() + 8);
    EXPECT_EQ(payload, (std::vector<uint8_t>{0, 0, 0, 1, 2, 3, 4, 5}));
    EXPECT_EQ(tlp->kind(), TlpKind::posted);
}

TEST(Tlp, ConfigurationAccessesOfAByteUseOneByteEnable) {
    const TlpPtr tlp = make_config_write(0, 9, 0x0100, 0x3D, 1, 0xAB);
    EXPECT_EQ(tlp->config_offset(), 0x3Cu);
    EXPECT_EQ(tlp->config_target(), 0x0100u);
    EXPECT_EQ(tlp->first_be(), 0x2u);
    EXPECT_EQ(tlp->payload[1], 0xAB);
    EXPECT_EQ(tlp->kind(), TlpKind::non_posted);
    EXPECT_EQ(tlp->link_bytes(), 24u);
    EXPECT_FALSE(make_config_read(0, 9, 0x0100, 0x04, 4)->has_data());
}

TEST(Tlp, ACompletionAnswersTheTagOfItsRequest) {
    const TlpPtr request = make_mem_read(0x0100, 0x42, 0x10000007E, 6);
    const uint8_t data[] = {1, 2};
    const TlpPtr tlp = make_completion(*request, 0, TLP_STATUS_SC, 0x10000007E, 6, data, 2);
    EXPECT_EQ(tlp->fmt_type(), static_cast<uint32_t>(TLP_TYPE_CPLD));
    EXPECT_EQ(tlp->tag(), 0x42u);
    EXPECT_EQ(tlp->requester(), 0x0100u);
    EXPECT_EQ(tlp->byte_count(), 6u);
    EXPECT_EQ(tlp->lower_address(), 0x7Eu);
    EXPECT_EQ(tlp->payload_bytes, 4u);
    EXPECT_EQ(tlp->payload[2], 1u);
    EXPECT_EQ(tlp->kind(), TlpKind::completion);
    EXPECT_EQ(tlp->link_bytes(), 24u);
}

TEST(Tlp, ADroppedTlpIsReusedEmpty) {
    Tlp* first = nullptr;
    {
        TlpPtr tlp = make_tlp();
        tlp->hdr[0] = ~0u;
        tlp->payload_bytes = 64;
        tlp->id = 3;
        first = tlp.get();
    }
    const TlpPtr again = make_tlp();
    EXPECT_EQ(again.get(), first);
    EXPECT_EQ(again->hdr, (std::array<uint32_t, 4>{}));
    EXPECT_EQ(again->payload_bytes, 0u);
    EXPECT_EQ(again->id, 0u);
}

TEST(Tlp, MessagesNameTypeTagAndRange) {
    TlpPtr tlp = make_mem_read(0x0100, 5, 0x100000040, 512);
    tlp->id = 17;
    EXPECT_EQ(tlp->to_string(), "MRd64 #17 tag 0x05 from 01:00.0 0x100000040 +512 (128 DW, be f/f)");
    EXPECT_EQ(describe(0x7F), "type 0x7f");
}

}  // namespace
}  // namespace hw
