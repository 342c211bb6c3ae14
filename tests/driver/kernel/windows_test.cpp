// SPDX-License-Identifier: Apache-2.0
// What public drivers ask of the kernel beside its core: text, bit maps, formats, mutexes, devices and their requests, threads.
#include <gtest/gtest.h>

#include <string>

#include "fake_platform.h"
#include "kernel/kernel.h"
#include "ntintsafe.h"
#include "ntstrsafe.h"
#include "regmap.h"

namespace {

class KernelWindows : public testing::Test {
protected:
    void SetUp() override {
        fake_platform_config config;
        fake_platform_config_default(&config);
        fake_ = fake_platform_create(&config);
        kernel_ = kernel_create(fake_platform_seam(fake_));
        kernel_enter(kernel_, &scope_);
    }
    void TearDown() override {
        kernel_leave(&scope_);
        kernel_destroy(kernel_);
        std::string seen;
        for (unsigned i = 0; i < fake_platform_violation_count(fake_); i++) seen += std::string(fake_platform_violation(fake_, i)->check) + "\n";
        EXPECT_EQ(seen, expected_);
        fake_platform_destroy(fake_);
    }
    fake_platform* fake_ = nullptr;
    kernel* kernel_ = nullptr;
    kernel_scope scope_{};
    std::string expected_;
};

std::string format(const char* text, ...) {
    char out[128];
    va_list arguments;
    va_start(arguments, text);
    EXPECT_EQ(RtlStringCbVPrintfA(out, sizeof out, text, arguments), STATUS_SUCCESS);
    va_end(arguments);
    return out;
}

UNICODE_STRING unicode(const char16_t* text) {
    UNICODE_STRING string;
    RtlInitUnicodeString(&string, text);
    return string;
}

}  // namespace

TEST_F(KernelWindows, FormatsHaveTheWidthsOfWindows) {
    const UNICODE_STRING name = unicode(u"nic0");
    EXPECT_EQ(format("%lu %lx|%I64x|%llu", 7u, 0xFFFFFFFFu, 1ull << 40, 5ull), "7 ffffffff|10000000000|5");
    EXPECT_EQ(format("%wZ %ws %-4s| %.2s %c", &name, u"wide", "ab", "abc", 'x'), "nic0 wide ab| ab x");
    EXPECT_EQ(format("%hd %hu %hhx %08X", 0x1FFFF, 0x1FFFF, 0x1FF, 0xBEEFu), "-1 65535 ff 0000BEEF");
}

TEST_F(KernelWindows, AFormatThatDoesNotFitIsCutAndSaysSo) {
    char out[5];
    EXPECT_EQ(RtlStringCbPrintfA(out, sizeof out, "%s", "abcdefgh"), STATUS_BUFFER_OVERFLOW);
    EXPECT_STREQ(out, "abcd");
    EXPECT_EQ(RtlStringCbCatA(out, sizeof out, "x"), STATUS_BUFFER_OVERFLOW);
}

TEST_F(KernelWindows, ATextOfArgumentsIsCutAtACountOrAtItsRoom) {
    const auto print = [](char* out, SIZE_T size, SIZE_T count, const char* text, ...) {
        va_list arguments;
        va_start(arguments, text);
        const int length = _vsnprintf_s(out, size, count, text, arguments);
        va_end(arguments);
        return length;
    };
    char out[5];
    EXPECT_EQ(print(out, sizeof out, _TRUNCATE, "%s", "abc"), 3);
    EXPECT_EQ(print(out, sizeof out, _TRUNCATE, "%s", "abcde"), -1);
    EXPECT_STREQ(out, "abcd");
    EXPECT_EQ(print(out, sizeof out, 2, "%s", "abc"), -1);
    EXPECT_STREQ(out, "ab");
}

TEST_F(KernelWindows, PointersAreNotShownWhereTheyAre) { EXPECT_EQ(format("%p %p", this, nullptr), "ptr null"); }

TEST_F(KernelWindows, StringsAreAppendedConvertedAndCompared) {
    char16_t room[8] = u"ab";
    UNICODE_STRING to = {4, sizeof room, reinterpret_cast<PWSTR>(room)};
    const UNICODE_STRING more = unicode(u"CD"), other = unicode(u"abcd"), large = unicode(u"123456789");
    EXPECT_EQ(RtlAppendUnicodeStringToString(&to, &more), STATUS_SUCCESS);
    EXPECT_EQ(RtlAppendUnicodeStringToString(&to, &large), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(to.Length, 8);
    EXPECT_EQ(RtlCompareUnicodeString(&to, &other, TRUE), 0);
    EXPECT_LT(RtlCompareUnicodeString(&to, &other, FALSE), 0);
    ANSI_STRING ansi;
    EXPECT_EQ(RtlUnicodeStringToAnsiString(&ansi, &to, TRUE), STATUS_SUCCESS);
    EXPECT_STREQ(ansi.Buffer, "abCD");
    RtlFreeAnsiString(&ansi);
}

TEST_F(KernelWindows, NumbersBecomeDigitsOfABase) {
    WCHAR room[10];
    UNICODE_STRING text = {0, sizeof(room), room};
    const auto digits = [&](ULONG value, ULONG base) {
        EXPECT_EQ(RtlIntegerToUnicodeString(value, base, &text), STATUS_SUCCESS);
        std::string ascii;
        for (unsigned i = 0; i < text.Length / sizeof(WCHAR); i++) ascii += static_cast<char>(room[i]);
        return ascii;
    };
    EXPECT_EQ(digits(0, 0), "0");
    EXPECT_EQ(digits(4096, 0), "4096");
    EXPECT_EQ(digits(0xC0DE, 16), "C0DE");
    EXPECT_EQ(digits(5, 2), "101");
    EXPECT_EQ(RtlIntegerToUnicodeString(1, 3, &text), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(RtlIntegerToUnicodeString(1 << 20, 2, &text), STATUS_BUFFER_OVERFLOW);
}

TEST_F(KernelWindows, RandomNumbersAreThoseOfTheirSeed) {
    ULONG one = 0, other = 0;
    for (int i = 0; i < 100; i++) {
        const ULONG number = RtlRandomEx(&one);
        EXPECT_LT(number, static_cast<ULONG>(MAXLONG));
        EXPECT_EQ(number, RtlRandomEx(&other));
    }
    EXPECT_NE(RtlRandomEx(&one), one + 1);
}

TEST_F(KernelWindows, RegistersAreReachedByTheAddressTheyAreMappedTo) {
    const struct platform* seam = fake_platform_seam(fake_);
    PHYSICAL_ADDRESS base;
    base.QuadPart = static_cast<LONGLONG>(static_cast<uint64_t>(seam->ops->config_read(seam->ctx, PCI_CFG_BAR0_HIGH, 4)) << 32 |
                                          (seam->ops->config_read(seam->ctx, PCI_CFG_BAR0, 4) & ~0xFu));
    auto* registers = static_cast<UCHAR*>(MmMapIoSpaceEx(base, BAR0_SIZE, PAGE_READWRITE | PAGE_NOCACHE));
    ASSERT_NE(registers, nullptr);
    UCHAR* status = registers + BAR0_COMMON + VIRTIO_COMMON_DEVICE_STATUS;
    WRITE_REGISTER_UCHAR(status, 1u << VIRTIO_STATUS_ACKNOWLEDGE_BIT);
    EXPECT_EQ(READ_REGISTER_UCHAR(status), 1u << VIRTIO_STATUS_ACKNOWLEDGE_BIT);
    EXPECT_EQ(READ_REGISTER_NOFENCE_UCHAR(status), 1u << VIRTIO_STATUS_ACKNOWLEDGE_BIT);
    ULONG features[2];
    for (ULONG half = 0; half < 2; half++) {
        WRITE_REGISTER_ULONG(registers + BAR0_COMMON + VIRTIO_COMMON_DEVICE_FEATURE_SELECT, half);
        features[half] = READ_REGISTER_ULONG(registers + BAR0_COMMON + VIRTIO_COMMON_DEVICE_FEATURE);
    }
    EXPECT_NE(features[0], features[1]);
    MmUnmapIoSpace(registers, BAR0_SIZE);
    base.QuadPart += BAR0_SIZE;
    EXPECT_EQ(MmMapIoSpaceEx(base, 4, PAGE_READWRITE), nullptr);  // no device has it
    EXPECT_EQ(READ_REGISTER_ULONG(&base), UINT32_MAX);            // memory is no register
    expected_ = "hardware.register\n";
}

TEST_F(KernelWindows, BitMapsFindRunsFromTheHintOn) {
    ULONG words[2] = {0x0F, 0};
    RTL_BITMAP map;
    RtlInitializeBitMap(&map, words, 40);
    EXPECT_EQ(RtlFindClearBitsAndSet(&map, 3, 0), 4u);
    EXPECT_EQ(RtlFindClearBitsAndSet(&map, 2, 38), 38u);
    EXPECT_EQ(RtlFindClearBitsAndSet(&map, 32, 0), MAXULONG);
    EXPECT_TRUE(RtlCheckBit(&map, 39));
    RtlClearBit(&map, 39);
    EXPECT_FALSE(RtlCheckBit(&map, 39));
    EXPECT_EQ(RtlFindLeastSignificantBit(0x50), 4);
    EXPECT_EQ(RtlFindLeastSignificantBit(0), -1);
}

TEST_F(KernelWindows, BitScansFindTheLowestAndTheHighestBit) {
    ULONG index = 99;
    EXPECT_EQ(BitScanForward(&index, 0x50), 1);
    EXPECT_EQ(index, 4u);
    EXPECT_EQ(BitScanReverse(&index, 0x50), 1);
    EXPECT_EQ(index, 6u);
    EXPECT_EQ(BitScanForward(&index, 0), 0);
    EXPECT_EQ(ALIGN_UP(13, ULONGLONG), 16u);
    EXPECT_EQ(ALIGN_DOWN(13, ULONGLONG), 8u);
}

TEST_F(KernelWindows, ABugCheckCallbackIsRegisteredOnce) {
    KBUGCHECK_REASON_CALLBACK_RECORD record;
    UCHAR component[] = "test";
    const auto routine = [](KBUGCHECK_CALLBACK_REASON, PKBUGCHECK_REASON_CALLBACK_RECORD, PVOID, ULONG) {};
    KeInitializeCallbackRecord(&record);
    EXPECT_FALSE(KeDeregisterBugCheckReasonCallback(&record));
    EXPECT_TRUE(KeRegisterBugCheckReasonCallback(&record, routine, KbCallbackSecondaryDumpData, component));
    EXPECT_FALSE(KeRegisterBugCheckReasonCallback(&record, routine, KbCallbackSecondaryDumpData, component));
    EXPECT_TRUE(KeDeregisterBugCheckReasonCallback(&record));
}

TEST_F(KernelWindows, DevicesHaveNoPropertiesOfPlugAndPlay) {
    ULONG length = 9;
    EXPECT_EQ(IoGetDeviceProperty(nullptr, DevicePropertyHardwareID, 0, nullptr, &length), STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(length, 0u);
}

TEST_F(KernelWindows, ArithmeticThatDoesNotFitSaysSo) {
    ULONG sum;
    EXPECT_EQ(RtlULongAdd(1, 2, &sum), STATUS_SUCCESS);
    EXPECT_EQ(sum, 3u);
    EXPECT_EQ(RtlULongMult(1u << 31, 2, &sum), STATUS_INTEGER_OVERFLOW);
}

TEST_F(KernelWindows, AMutexIsTakenAgainByItsOwnerAndReportsAStrangersRelease) {
    KMUTEX mutex;
    KeInitializeMutex(&mutex, 0);
    EXPECT_EQ(KeWaitForSingleObject(&mutex, Executive, KernelMode, FALSE, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(KeWaitForSingleObject(&mutex, Executive, KernelMode, FALSE, nullptr), STATUS_SUCCESS);
    KeReleaseMutex(&mutex, FALSE);
    KeReleaseMutex(&mutex, FALSE);
    KeReleaseMutex(&mutex, FALSE);
    expected_ = "kernel.mutex\n";
}

extern "C" void kernel_join_threads(struct kernel* kernel);  // kernel_internal.h, which is C

namespace {

struct Hungry {
    KMUTEX mutex;
    KEVENT ended;
    std::string order;
};

VOID wait_for_it(PVOID context) {
    auto* hungry = static_cast<Hungry*>(context);
    KeWaitForSingleObject(&hungry->mutex, Executive, KernelMode, FALSE, nullptr);
    hungry->order += "other ";
    KeReleaseMutex(&hungry->mutex, FALSE);
    KeSetEvent(&hungry->ended, 0, FALSE);
}

}  // namespace

TEST_F(KernelWindows, AMutexThatIsReleasedBelongsToWhoeverWaitsForItFirst) {
    Hungry hungry;
    KeInitializeMutex(&hungry.mutex, 0);
    KeInitializeEvent(&hungry.ended, NotificationEvent, FALSE);
    KeWaitForSingleObject(&hungry.mutex, Executive, KernelMode, FALSE, nullptr);
    HANDLE thread;
    ASSERT_EQ(PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, nullptr, nullptr, nullptr, wait_for_it, &hungry), STATUS_SUCCESS);
    LARGE_INTEGER moment;
    moment.QuadPart = -1000;
    KeDelayExecutionThread(KernelMode, FALSE, &moment);
    KeReleaseMutex(&hungry.mutex, FALSE);
    KeWaitForSingleObject(&hungry.mutex, Executive, KernelMode, FALSE, nullptr);
    hungry.order += "first again";
    KeReleaseMutex(&hungry.mutex, FALSE);
    KeWaitForSingleObject(&hungry.ended, Executive, KernelMode, FALSE, nullptr);
    EXPECT_EQ(hungry.order, "other first again");
    ZwClose(thread);
    kernel_join_threads(kernel_);
}

namespace {

NTSTATUS echo(PDEVICE_OBJECT, PIRP irp) {
    PIO_STACK_LOCATION at = IoGetCurrentIrpStackLocation(irp);
    irp->IoStatus.Information = 0;
    if (at->MajorFunction == IRP_MJ_DEVICE_CONTROL) {
        auto* bytes = static_cast<UCHAR*>(irp->AssociatedIrp.SystemBuffer);
        for (ULONG i = 0; i < at->Parameters.DeviceIoControl.InputBufferLength; i++) bytes[i]++;
        irp->IoStatus.Information = at->Parameters.DeviceIoControl.OutputBufferLength;
    }
    irp->IoStatus.Status = STATUS_SUCCESS;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

}  // namespace

TEST_F(KernelWindows, AProgramOpensADeviceByItsLinkAndControlsIt) {
    DRIVER_OBJECT driver{};
    for (auto& function : driver.MajorFunction) function = echo;
    UNICODE_STRING name = unicode(u"\\Device\\Echo"), link = unicode(u"\\DosDevices\\Echo"), lower = unicode(u"\\dosdevices\\echo");
    PDEVICE_OBJECT device;
    ASSERT_EQ(IoCreateDevice(&driver, 16, &name, FILE_DEVICE_NETWORK, 0, FALSE, &device), STATUS_SUCCESS);
    ASSERT_EQ(IoCreateSymbolicLink(&link, &name), STATUS_SUCCESS);
    EXPECT_EQ(IoCreateDevice(&driver, 16, &name, FILE_DEVICE_NETWORK, 0, FALSE, &device), STATUS_OBJECT_NAME_COLLISION);
    device = driver.DeviceObject;
    OBJECT_ATTRIBUTES attributes = {sizeof attributes, nullptr, &lower, 0, nullptr, nullptr};
    HANDLE file;
    IO_STATUS_BLOCK result;
    ASSERT_EQ(ZwCreateFile(&file, 0, &attributes, &result, nullptr, 0, 0, 0, 0, nullptr, 0), STATUS_SUCCESS);
    UCHAR in[4] = {1, 2, 3, 4}, out[4] = {};
    EXPECT_EQ(ZwDeviceIoControlFile(file, nullptr, nullptr, nullptr, &result, CTL_CODE(FILE_DEVICE_NETWORK, 1, METHOD_BUFFERED, 0), in, 4, out, 4),
              STATUS_SUCCESS);
    EXPECT_EQ(out[3], 5);
    EXPECT_EQ(ZwClose(file), STATUS_SUCCESS);
    EXPECT_EQ(IoDeleteSymbolicLink(&link), STATUS_SUCCESS);
    IoDeleteDevice(device);
    EXPECT_EQ(ZwCreateFile(&file, 0, &attributes, &result, nullptr, 0, 0, 0, 0, nullptr, 0), STATUS_OBJECT_NAME_NOT_FOUND);
}

TEST_F(KernelWindows, ADeviceThatIsLeftIsReported) {
    static DRIVER_OBJECT driver{};
    UNICODE_STRING name = unicode(u"\\Device\\Left");
    PDEVICE_OBJECT device;
    ASSERT_EQ(IoCreateDevice(&driver, 0, &name, FILE_DEVICE_NETWORK, 0, FALSE, &device), STATUS_SUCCESS);
    expected_ = "device.leaked\n";
}
