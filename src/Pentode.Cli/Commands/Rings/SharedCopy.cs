using Pentode.Cli.Commands.Files;
using Pentode.Core;
using Pentode.Daemon.Services;
using Pentode.Linux;
using Pentode.Rings.Client.V2;
using Pentode.Rings.Wire.V2;

namespace Pentode.Cli.Commands.Rings;

/// <summary>
/// Copies a file of any size through memory shared with the server: several pieces under way, each read and written by the server itself in
/// one chain, so that no byte goes through the socket or this process.
/// </summary>
internal sealed class SharedCopy(RingsClient2 client, string source, string target, int pieceBytes, int pieces, CopyProgress progress)
{
    private const ulong CreateOrEmpty = FileCalls.O_WRONLY | FileCalls.O_CREAT | FileCalls.O_TRUNC;
    private const uint Mode = 0x1A4; // 0644, less the server's umask

    private string? _problem;
    private long _size;
    private long _next;

    /// <summary>Copies; null, or what went wrong. <paramref name="size"/> is that of the open source.</summary>
    public async Task<string?> RunAsync(int file, long size)
    {
        _size = size;
        var input = await client.RegisterFile(file).ConfigureAwait(true);
        if (!input.IsOk)
            return Told(source, input.Error);
        var opened = await client.Open(target, CreateOrEmpty, Mode).ConfigureAwait(true);
        if (!opened.IsOk)
            return Told(target, opened.Error);
        var output = (uint)opened.Value;
        var workers = new List<Task>();
        for (var i = 0; i < pieces && i * (long)pieceBytes < size; i++)
            workers.Add(WorkAsync(input.Value, output));
        await Task.WhenAll(workers).ConfigureAwait(true);
        var closed = await client.Close(output).ConfigureAwait(true);
        if (_problem is null && !closed.IsOk)
            _problem = Told(target, closed.Error);
        _ = await client.Release(input.Value).ConfigureAwait(true);
        return _problem;
    }

    private async Task WorkAsync(uint input, uint output)
    {
        var room = client.Region.Rent(pieceBytes);
        if (room.Length == 0)
        {
            // The other workers go on; without any, there is no copy.
            _problem ??= Told(target, Errno.ENOMEM);
            return;
        }

        var results = new ValueTask<Result<int>>[2];
        while (_problem is null && _next < _size)
        {
            var at = (ulong)_next;
            var piece = room.Part(0, (int)Math.Min(pieceBytes, _size - _next));
            _next += piece.Length;
            client.RunChain(
                [RingsClient2.Transfer(RingsOperation.Read, input, piece, at) with { Flags = RingsEntryFlags.Link }, RingsClient2.Transfer(RingsOperation.Write, output, piece, at)], results);
            var read = await results[0].ConfigureAwait(true);
            var written = await results[1].ConfigureAwait(true);
            if (!read.IsOk)
                _problem ??= Told(source, read.Error);
            else if (read.Value < piece.Length)
                _problem ??= $"{RemoteText.Clean(source)}: changed while it was read";
            else
                await FinishAsync(output, piece, at, written).ConfigureAwait(true);
        }

        room.Return();
    }

    // A disk that is nearly full takes a part; the rest tells why.
    private async Task FinishAsync(uint output, RingsSlice piece, ulong at, Result<int> written)
    {
        var done = 0;
        while (true)
        {
            if (!written.IsOk || written.Value == 0)
            {
                _problem ??= Told(target, written.IsOk ? Errno.EIO : written.Error);
                return;
            }

            done += written.Value;
            progress.AddBytes(written.Value);
            if (done >= piece.Length)
                return;
            written = await client.Write(output, piece.Part(done, piece.Length - done), at + (ulong)done).ConfigureAwait(true);
        }
    }

    private string Told(string what, Errno error) => client.Problem is { } problem ? RemoteText.Clean(problem.Message) : $"{RemoteText.Clean(what)}: {ErrnoText.Describe(error)}";
}
