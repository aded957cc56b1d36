using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using Pentode.Core;
using Pentode.Nbd.Wire;
using Pentode.Uring;

namespace Pentode.Nbd.Client;

/// <summary>
/// A command that starts on another thread than its client's loop: travels there, waits, and brings the result back to the loop it came
/// from, or to the thread pool when it came from none. Pooled; awaited once.
/// </summary>
internal sealed class NbdHop : IValueTaskSource<Errno>
{
    private readonly Stack<NbdHop> _pool;
    private readonly Action _completed;
    private ManualResetValueTaskSourceCore<Errno> _core;
    private ValueTaskAwaiter<Errno> _awaiter;
    private NbdClient _client = null!;
    private IoLoop? _origin;
    private Errno _result;
    private NbdCommand _type;
    private NbdCommandFlags _flags;
    private long _offset;
    private long _length;
    private Memory<byte> _target;
    private ReadOnlyMemory<byte> _payload;
    private List<NbdExtent>? _extents;
    private int _maxExtents;

    private NbdHop(Stack<NbdHop> pool)
    {
        _pool = pool;
        _completed = () => Bring(_awaiter.GetResult());
    }

    /// <summary>Starts a command on the loop of <paramref name="client"/>. The pool is shared by threads and locked.</summary>
    public static ValueTask<Errno> Start(
        Stack<NbdHop> pool, NbdClient client, NbdCommand type, NbdCommandFlags flags, long offset, long length, Memory<byte> target = default,
        ReadOnlyMemory<byte> payload = default, List<NbdExtent>? extents = null, int maxExtents = 0)
    {
        NbdHop? hop;
        lock (pool)
            pool.TryPop(out hop);
        hop ??= new NbdHop(pool);
        hop._client = client;
        hop._origin = IoLoop.Current;
        hop._core.RunContinuationsAsynchronously = hop._origin is null;
        hop._type = type;
        hop._flags = flags;
        hop._offset = offset;
        hop._length = length;
        hop._target = target;
        hop._payload = payload;
        hop._extents = extents;
        hop._maxExtents = maxExtents;
        var task = new ValueTask<Errno>(hop, hop._core.Version);
        client.Loop.Post(static s => ((NbdHop)s!).Run(), hop);
        return task;
    }

    /// <summary>Starts the command of its type on the client's own loop.</summary>
    public static ValueTask<Errno> Direct(
        NbdClient client, NbdCommand type, NbdCommandFlags flags, long offset, long length, Memory<byte> target, ReadOnlyMemory<byte> payload,
        List<NbdExtent>? extents, int maxExtents) => type switch
        {
            NbdCommand.NBD_CMD_READ => client.Read(target, offset, flags),
            NbdCommand.NBD_CMD_WRITE => client.Write(payload, offset, flags),
            NbdCommand.NBD_CMD_FLUSH => client.Flush(),
            NbdCommand.NBD_CMD_TRIM => client.Trim(offset, length, flags),
            NbdCommand.NBD_CMD_WRITE_ZEROES => client.WriteZeroes(offset, length, flags),
            NbdCommand.NBD_CMD_CACHE => client.Cache(offset, length),
            _ => client.BlockStatus(offset, length, maxExtents, extents!, flags),
        };

    public Errno GetResult(short token)
    {
        var result = _core.GetResult(token);
        _core.Reset();
        _target = default;
        _payload = default;
        _extents = null;
        _origin = null;
        lock (_pool)
            _pool.Push(this);
        return result;
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, ValueTaskSourceOnCompletedFlags.None);

    private void Run()
    {
        var task = Direct(_client, _type, _flags, _offset, _length, _target, _payload, _extents, _maxExtents);
        _awaiter = task.GetAwaiter();
        if (task.IsCompleted)
            Bring(_awaiter.GetResult());
        else
            _awaiter.UnsafeOnCompleted(_completed);
    }

    private void Bring(Errno result)
    {
        _result = result;
        if (_origin is { } origin)
            origin.Post(static s => ((NbdHop)s!).Arrive(), this);
        else
            Arrive();
    }

    private void Arrive() => _core.SetResult(_result);
}
