using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Core.Buffers;

namespace Pentode.NineP.Client;

/// <summary>Writes an open file in order with several Twrites under way. Lives on the client's loop.</summary>
public sealed class NinePFileWriter
{
    private readonly NinePClient _client;
    private readonly uint _fid;
    private readonly int _chunk;
    private readonly int _window;
    private readonly Queue<ValueTask<Errno>> _behind = new();
    private NativeBuffer? _current;
    private int _filled;
    private long _next;
    private Errno _error;

    /// <summary>Writes the file of <paramref name="fid"/>, opened for writing, in pieces of <paramref name="chunk"/> bytes with at most <paramref name="window"/> under way.</summary>
    public NinePFileWriter(NinePClient client, uint fid, long offset, int chunk, int window)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(chunk);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(window);
        _client = client;
        _fid = fid;
        _next = offset;
        _chunk = Math.Min(chunk, client.MaxPayload);
        _window = window;
    }

    /// <summary>Takes a copy of the data. Returns the first error of any piece so far; nothing more is written after one.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Errno> WriteAsync(ReadOnlyMemory<byte> data)
    {
        while (data.Length > 0 && _error == Errno.None)
        {
            _current ??= _client.Loop.Buffers.Rent(_chunk);
            var count = Math.Min(data.Length, _chunk - _filled);
            data.Span[..count].CopyTo(_current.GetSpan()[_filled..]);
            _filled += count;
            data = data[count..];
            if (_filled < _chunk)
                continue;
            SendCurrent();
            while (_behind.Count >= _window)
                await TakeOldest().ConfigureAwait(false);
        }

        return _error;
    }

    /// <summary>Sends the rest and waits for everything; <see cref="Errno.None"/> when the server has all of it. The fid stays.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Errno> FlushAsync()
    {
        if (_filled > 0 && _error == Errno.None)
            SendCurrent();
        _current?.Release();
        _current = null;
        _filled = 0;
        while (_behind.Count > 0)
            await TakeOldest().ConfigureAwait(false);
        return _error;
    }

    private void SendCurrent()
    {
        _behind.Enqueue(Send(_current!, _filled, _next));
        _next += _filled;
        _filled = 0;
        _current = null;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask TakeOldest()
    {
        var error = await _behind.Dequeue().ConfigureAwait(false);
        if (_error == Errno.None)
            _error = error;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> Send(NativeBuffer buffer, int length, long offset)
    {
        var error = Errno.None;
        for (var done = 0; done < length && error == Errno.None;)
        {
            var written = await _client.Write(_fid, buffer.Slice(done, length - done), offset + done).ConfigureAwait(false);
            error = written.IsOk && written.Value == 0 ? Errno.EIO : written.Error;
            done += written.ValueOrDefault;
        }

        buffer.Release();
        return error;
    }
}
