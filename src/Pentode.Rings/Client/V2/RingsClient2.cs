using System.Text;
using Pentode.Core;
using Pentode.Core.Buffers;
using Pentode.Rings.Wire.V2;
using Pentode.Uring;

namespace Pentode.Rings.Client.V2;

/// <summary>
/// One connection to a server of protocol 2. Data lie in <see cref="Region"/>, which both sides map; operations and their results go through a
/// ring in the same memory, or through messages. Operations start on the loop's thread only, may be under way in any number, wait for credits in
/// the order of their calls, end in any order, and each returned task is awaited exactly once and continues inline on the loop. Slices given to an
/// operation belong to the server until it ends. Steady state allocates nothing per operation. Errors: what the server or its kernel answered;
/// EAGAIN when too many operations wait; after the connection ended the error in <see cref="Problem"/>.
/// </summary>
public sealed partial class RingsClient2 : IAsyncDisposable
{
    private readonly RingsClient2Options _options;
    private readonly List<RingsCall> _calls = [];
    private readonly Stack<RingsCall> _idle = new();
    private readonly List<RingsRegion> _regions = [];

    private RingsClient2(IoLoop loop, int socket, string peer, RingsWelcome server, RingsClient2Options options)
    {
        Loop = loop;
        Server = server;
        _socket = socket;
        _peer = peer;
        _options = options;
        _out = loop.Buffers.Rent(OutBytes);
        _sender = new Sender(this);
        _writable = new Writable(this);
        _receiver = new Receiver(this);
        _waker = new Waker(this);
        _turnEnd = new TurnEnd(this);
        Region = null!;
        _receiver.Arm();
    }

    /// <summary>The loop it lives on.</summary>
    public IoLoop Loop { get; }

    /// <summary>What the server told in the handshake.</summary>
    public RingsWelcome Server { get; }

    /// <summary>The memory made with the connection.</summary>
    public RingsRegion Region { get; private set; }

    /// <summary>True when operations go through a shared ring.</summary>
    public bool HasSharedRing => _ring is not null;

    /// <summary>Why the connection ended, or null while it lives. Any thread.</summary>
    public RingsProblem? Problem => _problem;

    /// <summary>Operations that have been submitted and not completed. Loop thread.</summary>
    public int InFlight => _inFlight;

    /// <summary>True when the server serves it.</summary>
    public bool Serves(RingsOperation operation) => (Server.Operations & (1UL << (int)operation)) != 0;

    /// <summary>Any operation, filled by the caller but for its user_data. <paramref name="owned"/> goes back to its region when it ends.</summary>
    public ValueTask<Result<int>> Run(RingsSubmission entry, RingsSlice owned = default) => Run(entry, out _, owned);

    /// <summary>The same; <paramref name="userData"/> names it to <see cref="Cancel"/>.</summary>
    public ValueTask<Result<int>> Run(RingsSubmission entry, out ulong userData, RingsSlice owned = default)
    {
        userData = 0;
        if (Admit(1) is not Errno.None and var error)
        {
            owned.Return();
            return new(error);
        }

        var call = Make(entry);
        call.Owned = owned;
        call.Chain = 1;
        userData = call.UserData;
        Start(call);
        return call.Task;
    }

    /// <summary>Operations one after the other, each with LINK or HARDLINK but the last; their tasks go to <paramref name="results"/>.</summary>
    public void RunChain(ReadOnlySpan<RingsSubmission> entries, Span<ValueTask<Result<int>>> results)
    {
        var error = entries.Length > RingsWire2.MaxChain || (_ring is { } ring && entries.Length > ring.Entries) ? Errno.EINVAL : Admit(entries.Length);
        for (var i = 0; i < entries.Length; i++)
        {
            if (error != Errno.None)
            {
                results[i] = new(error);
                continue;
            }

            var call = Make(entries[i]);
            call.Chain = i == 0 ? entries.Length : 0;
            Start(call);
            results[i] = call.Task;
        }
    }

    /// <summary>A multishot operation; every completion goes to <paramref name="shots"/>. Gives the number that names it, or 0 when it was not taken.</summary>
    public ulong RunMultishot(RingsSubmission entry, IRingsShots shots)
    {
        if (Admit(1) != Errno.None)
            return 0;
        entry.Flags |= RingsEntryFlags.Multishot;
        var call = Make(entry);
        call.Shots = shots;
        call.Chain = 1;
        Start(call);
        return call.UserData;
    }

    /// <summary>NOP: through the server's ring and back; gives 0.</summary>
    public ValueTask<Result<int>> Nop() => Run(new RingsSubmission { Operation = RingsOperation.Nop });

    /// <summary>TIMEOUT: ends with ETIME after so many nanoseconds.</summary>
    public ValueTask<Result<int>> Timeout(ulong nanoseconds) => Run(new RingsSubmission { Operation = RingsOperation.Timeout, Argument0 = nanoseconds });

    /// <summary>CANCEL of the operation that <see cref="Run(RingsSubmission, out ulong, RingsSlice)"/> named; ENOENT when it is over.</summary>
    public ValueTask<Result<int>> Cancel(ulong userData) => Run(new RingsSubmission { Operation = RingsOperation.Cancel, Argument0 = userData });

    /// <summary>GRANT of more shots.</summary>
    public ValueTask<Result<int>> Grant(ulong userData, uint shots) =>
        Run(new RingsSubmission { Operation = RingsOperation.Grant, Argument0 = userData, Argument1 = shots });

    /// <summary>READ into a slice; gives the bytes, 0 at the end.</summary>
    public ValueTask<Result<int>> Read(uint file, RingsSlice target, ulong offset) => Run(Transfer(RingsOperation.Read, file, target, offset));

    /// <summary>WRITE of a slice; gives the bytes written, perhaps fewer.</summary>
    public ValueTask<Result<int>> Write(uint file, RingsSlice data, ulong offset) => Run(Transfer(RingsOperation.Write, file, data, offset));

    /// <summary>A READ or WRITE to put into a chain.</summary>
    public static RingsSubmission Transfer(RingsOperation operation, uint file, RingsSlice slice, ulong offset) => new()
    {
        Operation = operation,
        File = file,
        Offset = offset,
        Region = slice.Region?.Id ?? 0,
        Address = (ulong)slice.Address,
        Length = (uint)slice.Length,
    };

    /// <summary>OPEN with raw open(2) flags and mode; gives the file.</summary>
    public ValueTask<Result<int>> Open(string path, ulong flags, uint mode = 0, uint directory = 0) =>
        RunPath(new RingsSubmission { Operation = RingsOperation.Open, File = directory, Argument0 = flags, Argument1 = mode }, path);

    /// <summary>CLOSE; gives 0.</summary>
    public ValueTask<Result<int>> Close(uint file) => Run(new RingsSubmission { Operation = RingsOperation.Close, File = file });

    /// <summary>FSYNC.</summary>
    public ValueTask<Result<int>> Fsync(uint file, bool dataOnly = false) =>
        Run(new RingsSubmission { Operation = RingsOperation.Fsync, File = file, OperationFlags = dataOnly ? 1u : 0 });

    /// <summary>FTRUNCATE.</summary>
    public ValueTask<Result<int>> Truncate(uint file, ulong length) => Run(new RingsSubmission { Operation = RingsOperation.Ftruncate, File = file, Offset = length });

    /// <summary>STATX of a file into a slice of at least 256 bytes, as struct statx.</summary>
    public ValueTask<Result<int>> Statx(uint file, RingsSlice target, uint mask = 0x7FF) => target.Length < RingsWire2.StatxSize ? new(Errno.EINVAL) : Run(new RingsSubmission
    {
        Operation = RingsOperation.Statx,
        File = file,
        Region = target.Region?.Id ?? 0,
        Argument0 = (ulong)target.Address,
        Argument1 = mask,
    });

    /// <summary>UNLINK of a file, or of an empty directory.</summary>
    public ValueTask<Result<int>> Unlink(string path, bool isDirectory = false, uint directory = 0) =>
        RunPath(new RingsSubmission { Operation = RingsOperation.Unlink, File = directory, OperationFlags = isDirectory ? 0x200u : 0 }, path);

    /// <summary>MKDIR.</summary>
    public ValueTask<Result<int>> MakeDirectory(string path, uint mode, uint directory = 0) =>
        RunPath(new RingsSubmission { Operation = RingsOperation.MakeDirectory, File = directory, Argument1 = mode }, path);

    /// <summary>RENAME.</summary>
    public ValueTask<Result<int>> Rename(string from, string to, uint directory = 0, uint toDirectory = 0) =>
        RunPath(new RingsSubmission { Operation = RingsOperation.Rename, File = directory, Argument1 = toDirectory }, from + '\0' + to);

    /// <summary>Any operation whose data are a path, or two with a NUL between: puts them, with their last NUL, into the region.</summary>
    public ValueTask<Result<int>> RunPath(RingsSubmission entry, string path)
    {
        var slice = Region.Rent(Encoding.UTF8.GetByteCount(path) + 1);
        if (slice.Length == 0)
            return new(Errno.ENOMEM);
        var at = Encoding.UTF8.GetBytes(path, slice.Span);
        slice.Span[at] = 0;
        entry.Region = slice.Region!.Id;
        entry.Address = (ulong)slice.Address;
        entry.Length = (uint)slice.Length;
        return Run(entry, slice);
    }

    /// <summary>REGISTER_FILES of one descriptor, of which the server gets a duplicate; keep it open until the task ends. Gives the file.</summary>
    public async Task<Result<uint>> RegisterFile(int descriptor)
    {
        var answer = await Control(new RingsControl { Message = Message(RingsMessageType.RegisterFiles, 1, []), Descriptors = [descriptor] }).ConfigureAwait(true);
        return answer.IsOk ? answer.Value.Id : answer.Error;
    }

    /// <summary>REGISTER_REGION: more shared memory.</summary>
    public async Task<Result<RingsRegion>> RegisterRegion(long size)
    {
        var made = RingsRegion.Create(size);
        if (!made.IsOk)
            return made.Error;
        var body = new byte[RingsWire2.RegionRequestSize];
        new RingsRegionRequest((ulong)size).Write(body);
        var answer = await Control(new RingsControl { Message = Message(RingsMessageType.RegisterRegion, 1, body), Descriptors = [made.Value.Memory] }).ConfigureAwait(true);
        made.Value.CloseMemory();
        if (!answer.IsOk)
        {
            made.Value.Dispose();
            return answer.Error;
        }

        made.Value.Id = (ushort)answer.Value.Id;
        _regions.Add(made.Value);
        return made.Value;
    }

    /// <summary>RELEASE of a file: EBUSY while an operation uses it.</summary>
    public async Task<Errno> Release(uint file)
    {
        var body = new byte[RingsWire2.ItemSize];
        new RingsItem(RingsItem.File, file).Write(body);
        return (await Control(new RingsControl { Message = Message(RingsMessageType.Release, 1, body) }).ConfigureAwait(true)).Error;
    }

    /// <summary>GET_STATS: this client's numbers.</summary>
    public Task<Result<RingsClientStats>> Stats()
    {
        var control = new RingsControl { Message = Message(RingsMessageType.GetStats, 0, []), Stats = new TaskCompletionSource<Result<RingsClientStats>>() };
        _ = Control(control);
        return control.Stats.Task;
    }

    /// <summary>Closes the connection: what is under way ends with ESHUTDOWN here, and the server gives up what this client held. Loop thread.</summary>
    public async ValueTask DisposeAsync()
    {
        Fail(Errno.ESHUTDOWN, "closed");
        await _ended.Task.ConfigureAwait(true);
    }

    internal void Return(RingsCall call) => _idle.Push(call);

    private static byte[] Message(RingsMessageType type, ushort count, byte[] body)
    {
        var message = new byte[RingsWire2.HeaderSize + body.Length];
        new RingsMessageHeader(type, count, (uint)message.Length).Write(message);
        body.CopyTo(message, RingsWire2.HeaderSize);
        return message;
    }

    private Errno Admit(int count)
    {
        if (_problem is { } problem)
            return problem.Error;
        return _waiting.Count + count > _options.MaxWaiting ? Errno.EAGAIN : Errno.None;
    }

    private RingsCall Make(in RingsSubmission entry)
    {
        if (!_idle.TryPop(out var call))
        {
            call = new RingsCall(this, _calls.Count);
            _calls.Add(call);
        }

        call.Generation++;
        call.Entry = entry;
        call.Entry.UserData = call.UserData;
        call.Owned = default;
        call.Shots = null;
        call.IsUnderWay = true;
        return call;
    }
}
