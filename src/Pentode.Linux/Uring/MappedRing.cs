using Pentode.Core;
using Pentode.Core.Diagnostics;

namespace Pentode.Linux.Uring;

/// <summary>
/// One io_uring: the descriptor and its mapped queues. Make, use and dispose on one thread (single issuer). Knows nothing of operations;
/// dispose only when no request is in flight, since the kernel writes to their memory until the last completion.
/// </summary>
public sealed unsafe class MappedRing : IDisposable
{
    // Memory of a ring counts against RLIMIT_MEMLOCK and comes back only some time after the close of an earlier one.
    private const int MemoryRetries = 10;
    private const int MemoryRetryMs = 20;
    private const int SmallestQueue = 32;

    private const uint BasicFlags = RingConstants.SetupCqSize | RingConstants.SetupClamp;

    private static readonly uint[] s_ladder =
    [
        BasicFlags | RingConstants.SetupSubmitAll | RingConstants.SetupSingleIssuer | RingConstants.SetupDeferTaskrun | RingConstants.SetupNoSqArray,
        BasicFlags | RingConstants.SetupSubmitAll | RingConstants.SetupSingleIssuer | RingConstants.SetupDeferTaskrun,
        BasicFlags | RingConstants.SetupSubmitAll | RingConstants.SetupSingleIssuer | RingConstants.SetupCoopTaskrun | RingConstants.SetupTaskrunFlag,
        BasicFlags | RingConstants.SetupSubmitAll | RingConstants.SetupCoopTaskrun | RingConstants.SetupTaskrunFlag,
        BasicFlags,
    ];

    private readonly RingParameters _parameters;
    private readonly byte* _sqRing;
    private readonly byte* _cqRing;
    private readonly nuint _sqRingSize;
    private readonly nuint _cqRingSize;
    private readonly SubmissionEntry* _entries;
    private readonly CompletionEntry* _completions;
    private readonly uint _sqMask;
    private readonly uint _cqMask;
    private int _descriptor;
    private int _enterDescriptor;
    private uint _enterFlags;
    private uint _tail;

    private MappedRing(int descriptor, in RingParameters parameters)
    {
        _descriptor = descriptor;
        _enterDescriptor = descriptor;
        _parameters = parameters;
        var hasArray = (parameters.Flags & RingConstants.SetupNoSqArray) == 0;
        _cqRingSize = parameters.CqEntriesOffset + (parameters.CqEntries * (nuint)sizeof(CompletionEntry));
        _sqRingSize = Math.Max(_cqRingSize, hasArray ? parameters.SqArray + (parameters.SqEntries * (nuint)4) : 0);
        _sqRing = RingNative.Map(descriptor, _sqRingSize, RingConstants.OffsetSqRing);
        _cqRing = _sqRing;
        _entries = (SubmissionEntry*)RingNative.Map(descriptor, parameters.SqEntries * (nuint)sizeof(SubmissionEntry), RingConstants.OffsetEntries);
        if (_sqRing == null || _entries == null)
            return;
        _completions = (CompletionEntry*)(_cqRing + parameters.CqEntriesOffset);
        _sqMask = *(uint*)(_sqRing + parameters.SqMask);
        _cqMask = *(uint*)(_cqRing + parameters.CqMask);
        _tail = *(uint*)(_sqRing + parameters.SqTail);
        if (!hasArray)
            return;
        // The index array stays the identity for ever: entries are always used in ring order.
        var array = (uint*)(_sqRing + parameters.SqArray);
        for (uint i = 0; i < parameters.SqEntries; i++)
            array[i] = i;
    }

    /// <summary>Feature bits of the kernel.</summary>
    public uint Features => _parameters.Features;

    /// <summary>Set-up flags in force.</summary>
    public uint SetupFlags => _parameters.Flags;

    /// <summary>Submission entries.</summary>
    public uint SubmissionEntries => _parameters.SqEntries;

    /// <summary>Completion entries.</summary>
    public uint CompletionEntries => _parameters.CqEntries;

    /// <summary>Entries filled and not yet taken by the kernel: tail minus the kernel's head, right even after a failed enter.</summary>
    public uint Unsubmitted => _tail - Volatile.Read(ref *(uint*)(_sqRing + _parameters.SqHead));

    /// <summary>True while the kernel holds completions that found no room.</summary>
    public bool HasOverflow => (Volatile.Read(ref *(uint*)(_sqRing + _parameters.SqFlags)) & RingConstants.SqCqOverflow) != 0;

    /// <summary>Completions that can be taken now.</summary>
    public uint Completed => Volatile.Read(ref *(uint*)(_cqRing + _parameters.CqTail)) - *(uint*)(_cqRing + _parameters.CqHead);

    /// <summary>Asked before each io_uring_setup(2); what it returns stands for the answer of the kernel.</summary>
    public static FaultPoint SetupFault { get; } = new("uring.setup");

    /// <summary>
    /// Makes a ring with the best flags this kernel takes. Short of lockable memory it tries again for a while, then with smaller queues.
    /// ENOSYS, EPERM and the like mean that io_uring cannot be had here.
    /// </summary>
    /// <param name="submissionEntries">Entries of the submission queue.</param>
    /// <param name="completionEntries">Entries of the completion queue.</param>
    /// <param name="addedFlags">Set-up flags on top of those of the engine.</param>
    public static Result<MappedRing> Create(int submissionEntries, int completionEntries, uint addedFlags = 0)
    {
        using var pause = new ManualResetEventSlim();
        for (var attempt = 0; ; attempt++)
        {
            var made = ClimbDown((uint)submissionEntries, (uint)completionEntries, addedFlags);
            if (made.Error != Errno.ENOMEM)
                return made;
            if (attempt < MemoryRetries)
            {
                pause.Wait(MemoryRetryMs);
                continue;
            }

            if (submissionEntries <= SmallestQueue)
                return Errno.ENOMEM;
            submissionEntries = Math.Max(SmallestQueue, submissionEntries / 2);
            completionEntries = Math.Max(submissionEntries, completionEntries / 2);
        }
    }

    /// <summary>An empty entry to fill, or null when the queue is full; it is submitted by the next <see cref="Enter"/>.</summary>
    public SubmissionEntry* TryNext()
    {
        if (Unsubmitted >= _parameters.SqEntries)
            return null;
        var entry = _entries + (_tail & _sqMask);
        *entry = default;
        _tail++;
        return entry;
    }

    /// <summary>Submits what is filled and waits for <paramref name="minComplete"/> completions; a negative errno on failure.</summary>
    public int Enter(uint minComplete, uint flags, EnterArgument* argument)
    {
        Volatile.Write(ref *(uint*)(_sqRing + _parameters.SqTail), _tail);
        if (argument != null)
            flags |= RingConstants.EnterExtArg;
        return RingNative.Enter(_enterDescriptor, Unsubmitted, minComplete, flags | _enterFlags, argument);
    }

    /// <summary>Moves completions out of the ring into <paramref name="target"/>; returns how many.</summary>
    public int Take(Span<CompletionEntry> target)
    {
        var head = *(uint*)(_cqRing + _parameters.CqHead);
        var count = (int)Math.Min(Volatile.Read(ref *(uint*)(_cqRing + _parameters.CqTail)) - head, (uint)target.Length);
        for (var i = 0; i < count; i++)
            target[i] = _completions[(head + (uint)i) & _cqMask];
        Volatile.Write(ref *(uint*)(_cqRing + _parameters.CqHead), head + (uint)count);
        return count;
    }

    /// <summary>io_uring_register(2) on this ring.</summary>
    public int Register(uint operation, void* argument, uint count) => RingNative.Register(_descriptor, operation, argument, count);

    /// <summary>Unmaps and closes.</summary>
    public void Dispose()
    {
        if (_descriptor < 0)
            return;
        if (_entries != null)
            RingNative.Unmap((byte*)_entries, _parameters.SqEntries * (nuint)sizeof(SubmissionEntry));
        if (_sqRing != null)
            RingNative.Unmap(_sqRing, _sqRingSize);
        _ = FileCalls.Close(_descriptor);
        _descriptor = -1;
        _enterDescriptor = -1;
    }

    private static Result<MappedRing> ClimbDown(uint submissionEntries, uint completionEntries, uint addedFlags)
    {
        var error = Errno.ENOSYS;
        foreach (var flags in s_ladder)
        {
            var parameters = new RingParameters { Flags = flags | addedFlags, CqEntries = completionEntries };
            error = SetupFault.Check();
            var result = error == Errno.None ? RingNative.Setup(submissionEntries, &parameters) : -(int)error;
            if (result >= 0)
                return Finish(result, parameters);
            error = (Errno)(-result);
            if (error != Errno.EINVAL)
                break;
        }

        return error;
    }

    private static Result<MappedRing> Finish(int descriptor, in RingParameters parameters)
    {
        const uint needed = RingConstants.FeatureSingleMmap | RingConstants.FeatureNoDrop | RingConstants.FeatureSubmitStable
            | RingConstants.FeatureFastPoll | RingConstants.FeatureExtArg;
        if ((parameters.Features & needed) != needed)
        {
            _ = FileCalls.Close(descriptor);
            return Errno.ENOSYS;
        }

        var ring = new MappedRing(descriptor, parameters);
        if (ring._sqRing == null || ring._entries == null)
        {
            ring.Dispose();
            return Errno.ENOMEM;
        }

        ring.RegisterSelf();
        return ring;
    }

    // A registered ring descriptor saves the file lookup of every enter; without it all works the same.
    private void RegisterSelf()
    {
        var update = stackalloc ulong[2];
        update[0] = uint.MaxValue;
        update[1] = (ulong)_descriptor;
        if (RingNative.Register(_descriptor, RingConstants.RegisterRingFds, update, 1) != 1)
            return;
        _enterDescriptor = (int)(uint)update[0];
        _enterFlags = RingConstants.EnterRegisteredRing;
    }
}
