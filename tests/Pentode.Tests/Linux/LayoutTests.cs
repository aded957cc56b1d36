using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Pentode.Core;
using Pentode.Linux;
using Pentode.Linux.Tree;
using Pentode.Linux.Uring;

namespace Pentode.Tests.Linux;

/// <summary>Sizes, offsets and numbers as the C headers of 64-bit Linux have them (printed with sizeof and offsetof by a C program).</summary>
public sealed class LayoutTests
{
    public static TheoryData<Type, int, string> Structures => new()
    {
        { typeof(RingParameters), 120, "SqEntries=0 CqEntries=4 Flags=8 Features=20 SqHead=40 SqTail=44 SqMask=48 SqFlags=56 SqArray=64 CqHead=80 CqTail=84 CqMask=88 CqOverflow=96 CqEntriesOffset=100" },
        { typeof(SubmissionEntry), 64, "Opcode=0 Flags=1 IoPriority=2 Descriptor=4 Offset=8 Address=16 Length=24 OperationFlags=28 UserData=32 Personality=42 SecondDescriptor=44 Address3=48" },
        { typeof(CompletionEntry), 16, "UserData=0 Result=8 Flags=12" },
        { typeof(EnterArgument), 24, "SignalMask=0 SignalMaskSize=8 MinimumWaitUsec=12 Timeout=16" },
        { typeof(KernelTimespec), 16, "Seconds=0 Nanoseconds=8" },
        { typeof(IoVector), 16, "Base=0 Length=8" },
        { typeof(MessageHeader), 56, "Name=0 NameLength=8 Vectors=16 VectorCount=24 Control=32 ControlLength=40 Flags=48" },
        { typeof(OpenHow), 24, "Flags=0 Mode=8 Resolve=16" },
        { typeof(StatfsData), 120, "Type=0 BlockSize=8 Blocks=16 FreeBlocks=24 AvailableBlocks=32 Files=40 FreeFiles=48 FileSystemId=56 NameLength=64" },
        {
            typeof(StatxData), 256,
            "Mask=0 LinkCount=16 Uid=20 Gid=24 Mode=28 Inode=32 Size=40 Blocks=48 AccessSeconds=64 AccessNanoseconds=72 BirthSeconds=80 BirthNanoseconds=88 " +
            "ChangeSeconds=96 ChangeNanoseconds=104 ModifySeconds=112 ModifyNanoseconds=120 SpecialMajor=128 SpecialMinor=132 DeviceMajor=136 DeviceMinor=140"
        },
        { typeof(LockData), 32, "Type=0 Whence=2 Start=8 Length=16 Process=24" },
    };

    [Theory, MemberData(nameof(Structures))]
    public void Structure_has_the_layout_of_C(Type type, int size, string offsets)
    {
        Assert.Equal(size, SizeOf(type));
        var fields = type.GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance);
        Assert.Equal(
            offsets.Split(' ').Order(),
            fields.Select(f => $"{f.Name}={Marshal.OffsetOf(type, f.Name)}").Order());
    }

    [Fact]
    public void Every_structure_with_a_layout_is_listed()
    {
        var listed = Structures.Select(row => row.Data.Item1).ToHashSet();
        var declared = typeof(FileCalls).Assembly.GetTypes().Where(t =>
            t is { IsValueType: true, IsEnum: false } && t.StructLayoutAttribute is { Size: > 1 } or { Value: LayoutKind.Explicit } && t.IsVisible);
        Assert.Empty(declared.Where(t => !listed.Contains(t)));
    }

    [Fact]
    public void Epoll_events_are_packed_only_on_x64() =>
        Assert.Equal(RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.X64 ? 12 : 16, ReadinessCalls.EventSize);

    [Fact]
    public void Ring_numbers_are_those_of_the_header()
    {
        Assert.Equal<uint[]>(
            [8u, 16, 128, 256, 512, 4096, 8192, 65536],
            [
                RingConstants.SetupCqSize, RingConstants.SetupClamp, RingConstants.SetupSubmitAll, RingConstants.SetupCoopTaskrun,
                RingConstants.SetupTaskrunFlag, RingConstants.SetupSingleIssuer, RingConstants.SetupDeferTaskrun, RingConstants.SetupNoSqArray,
            ]);
        Assert.Equal<uint[]>(
            [1u, 2, 4, 32, 256, 32768],
            [
                RingConstants.FeatureSingleMmap, RingConstants.FeatureNoDrop, RingConstants.FeatureSubmitStable, RingConstants.FeatureFastPoll,
                RingConstants.FeatureExtArg, RingConstants.FeatureMinTimeout,
            ]);
        Assert.Equal<uint[]>([1u, 8, 16, 2, 2], [RingConstants.EnterGetEvents, RingConstants.EnterExtArg, RingConstants.EnterRegisteredRing, RingConstants.SqCqOverflow, RingConstants.CompletionMore]);
        Assert.Equal(
            [0, 3, 6, 9, 13, 14, 16, 17, 22, 23, 26, 27],
            new int[]
            {
                RingConstants.OpNop, RingConstants.OpFsync, RingConstants.OpPollAdd, RingConstants.OpSendMessage, RingConstants.OpAccept, RingConstants.OpAsyncCancel,
                RingConstants.OpConnect, RingConstants.OpFallocate, RingConstants.OpRead, RingConstants.OpWrite, RingConstants.OpSend, RingConstants.OpReceive,
            });
        Assert.Equal<long[]>([0L, 0x08000000, 0x10000000], [RingConstants.OffsetSqRing, RingConstants.OffsetCqRing, RingConstants.OffsetEntries]);
        Assert.Equal<uint[]>(
            [1u, 1, 2, 256, 16384, 524288, 1, 4, 20],
            [
                RingConstants.AcceptMultishot, RingConstants.FsyncDataOnly, RingConstants.RwfDsync, RingConstants.MsgWaitAll, RingConstants.MsgNoSignal,
                RingConstants.SockCloseOnExec, RingConstants.PollIn, RingConstants.PollOut, RingConstants.RegisterRingFds,
            ]);
    }

    [Fact]
    public void File_numbers_are_those_of_the_header()
    {
        Assert.Equal<int[]>(
            [0, 1, 2, 64, 128, 512, 2048, 524288],
            [
                FileCalls.O_RDONLY, FileCalls.O_WRONLY, FileCalls.O_RDWR, FileCalls.O_CREAT, FileCalls.O_EXCL, FileCalls.O_TRUNC, FileCalls.O_NONBLOCK,
                FileCalls.O_CLOEXEC,
            ]);
        Assert.Equal<int[]>([3, 4, 1, 2, 16], [FileCalls.SeekData, FileCalls.SeekHole, FileCalls.FallocKeepSize, FileCalls.FallocPunchHole, FileCalls.FallocZeroRange]);
        Assert.Equal((1073741823L, 1073741822L, 2048u), (KernelTimespec.Now, KernelTimespec.Omit, StatxData.MaskBirthTime));
    }

    private static int SizeOf(Type type) =>
        (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(type).Invoke(null, null)!;
}
