namespace Pentode.Linux.Uring;

/// <summary>Numbers of linux/io_uring.h and of the calls that go with it.</summary>
public static class RingConstants
{
    public const uint SetupCqSize = 1 << 3;
    public const uint SetupClamp = 1 << 4;
    public const uint SetupSubmitAll = 1 << 7;
    public const uint SetupCoopTaskrun = 1 << 8;
    public const uint SetupTaskrunFlag = 1 << 9;
    public const uint SetupSingleIssuer = 1 << 12;
    public const uint SetupDeferTaskrun = 1 << 13;
    public const uint SetupNoSqArray = 1 << 16;

    /// <summary>IOSQE_CQE_SKIP_SUCCESS: an operation that succeeds posts no completion.</summary>
    public const byte EntrySkipSuccess = 1 << 6;

    public const uint FeatureSingleMmap = 1 << 0;
    public const uint FeatureNoDrop = 1 << 1;
    public const uint FeatureSubmitStable = 1 << 2;
    public const uint FeatureFastPoll = 1 << 5;
    public const uint FeatureExtArg = 1 << 8;
    public const uint FeatureSkipSuccess = 1 << 11;
    public const uint FeatureMinTimeout = 1 << 15;

    public const uint EnterGetEvents = 1;
    public const uint EnterExtArg = 8;
    public const uint EnterRegisteredRing = 16;

    public const uint SqCqOverflow = 2;

    public const uint CompletionMore = 2;

    public const byte OpNop = 0;
    public const byte OpFsync = 3;
    public const byte OpPollAdd = 6;
    public const byte OpSendMessage = 9;
    public const byte OpAccept = 13;
    public const byte OpAsyncCancel = 14;
    public const byte OpConnect = 16;
    public const byte OpFallocate = 17;
    public const byte OpRead = 22;
    public const byte OpWrite = 23;
    public const byte OpSend = 26;
    public const byte OpReceive = 27;

    public const ushort AcceptMultishot = 1;
    public const uint FsyncDataOnly = 1;
    public const uint RwfDsync = 2;
    public const uint MsgWaitAll = 0x100;
    public const uint MsgDontWait = 0x40;
    public const uint MsgNoSignal = 0x4000;
    public const uint SockCloseOnExec = 0x80000;
    public const uint PollIn = 1;
    public const uint PollOut = 4;

    public const uint RegisterRingFds = 20;
    public const long OffsetSqRing = 0;
    public const long OffsetCqRing = 0x08000000;
    public const long OffsetEntries = 0x10000000;
}
