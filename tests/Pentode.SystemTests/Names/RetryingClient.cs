using System.Net;
using System.Net.Sockets;
using System.Text;
using Pentode.Names.Catalog;
using Pentode.Tests.Nfs;

namespace Pentode.SystemTests.Names;

/// <summary>
/// A client of NFS 2 and 3 that makes one change after the other in two directories of its own, each of which must succeed, believes what it was told, and sends the call that was under way
/// again, by the same number, when the server went away. Whatever was done twice, half or not at all shows: as a status, in <see cref="Verify"/>, or in <see cref="Events"/>.
/// </summary>
internal sealed class RetryingClient(int index, int seed, bool hasVersion2)
{
    private const uint Regular = 1, Directory = 2, Link = 5, Fifo = 7;
    private const int Names = 6;

    /// <summary>NFS3ERR_JUKEBOX.</summary>
    private const uint Later = 10008;

    private readonly Random _random = new(seed);
    private readonly Dictionary<(int Directory, string Name), RetriedFile> _files = [];
    private readonly byte[][] _directories = [[], []];
    private readonly Lock _gate = new();
    private RetriedCall? _underWay;
    private uint _xid = ((uint)index << 26) + 1;
    private int _made;
    private bool _isChanging;

    /// <summary>What the feed of the namespace must tell of this client's changes, by kind.</summary>
    public Dictionary<CatalogEventKind, int> Events { get; } = [];

    /// <summary>Calls answered.</summary>
    public int Answered { get; private set; }

    /// <summary>Calls answered after they had been sent to a server that went away.</summary>
    public int Retried { get; private set; }

    /// <summary>Answers that said "later": the database was away.</summary>
    public int Postponed { get; private set; }

    /// <summary>A call is not answered yet: it may have been done.</summary>
    public bool IsUnderWay => _underWay is not null;

    /// <summary>What there is was compared; now it changes.</summary>
    public bool IsChanging => Volatile.Read(ref _isChanging);

    /// <summary>Makes the directories.</summary>
    public void Prepare(int port)
    {
        using var peer = Connect(port);
        var root = peer.Mount("/fs");
        for (var i = 0; i < _directories.Length; i++)
        {
            _directories[i] = peer.MakeDirectory(root, $"client{index}-{i}");
            Count(CatalogEventKind.Created);
        }
    }

    /// <summary>Changes until the server goes away or <paramref name="stop"/> is cancelled. What was under way before comes first, then everything is compared.</summary>
    public void Run(int port, CancellationToken stop)
    {
        NfsPeer peer;
        try
        {
            peer = Connect(port);
        }
        catch (SocketException)
        {
            return;
        }

        using (peer)
        {
            try
            {
                if (_underWay is not null)
                {
                    Answer(peer);
                    Retried++;
                }

                Verify(peer);
                Volatile.Write(ref _isChanging, true);
                while (!stop.IsCancellationRequested)
                {
                    _underWay = Next(peer);
                    _underWay.Xid = _xid++;
                    Answer(peer);
                }
            }
            catch (Exception e) when (e is SocketException or IOException)
            {
                // It went away: what is under way stays so.
            }
        }
    }

    /// <summary>Before the next <see cref="Run"/>: nothing was compared yet.</summary>
    public void Rest() => Volatile.Write(ref _isChanging, false);

    /// <summary>Compares everything with what is believed.</summary>
    public void Verify(NfsPeer peer)
    {
        for (var i = 0; i < _directories.Length; i++)
        {
            var expected = _files.Where(f => f.Key.Directory == i).Select(f => f.Key.Name).Order(StringComparer.Ordinal).ToArray();
            Assert.Equal(expected, List(peer, _directories[i]));
        }

        foreach (var (place, file) in _files)
        {
            var what = $"client {index}, {place}";
            var (status, handle) = peer.Lookup(_directories[place.Directory], place.Name);
            Assert.True(status == 0, $"{what}: status {status}");
            Assert.True(handle.AsSpan().SequenceEqual(file.Handle), $"{what}: another object");
            var now = peer.Stat(handle);
            Assert.True(now.Type == file.Type && now.Links == (uint)(file.Type == Directory ? 2 : file.Links), $"{what}: type {now.Type}, links {now.Links}, not {file.Links}");
            if (file.Type is Regular or Directory)
                Assert.True((now.Mode & 0xFFF) == file.Mode, $"{what}: mode {now.Mode}, not {file.Mode}");
            if (file.Type != Regular)
                continue;
            Assert.Equal((0u, Encoding.Latin1.GetString(file.Content)), (peer.Read(handle, 0, 4096) is var read ? read.Status : 0, Encoding.Latin1.GetString(read.Data)));
            Assert.Equal(file.IsIoEnabled ? 0u : 2u, peer.Lookup(_directories[place.Directory], $".(fset)({place.Name})(io)").Status);
        }
    }

    /// <summary>A connection to a port of this machine.</summary>
    public static NfsPeer Connect(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.Connect(IPAddress.Loopback, port);
            return new NfsPeer(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static string[] List(NfsPeer peer, byte[] directory)
    {
        var reply = peer.V3(16, new Xdr().Opaque(directory).U64(0).U64(0).U32(32768));
        Assert.Equal(0u, reply.U32());
        _ = reply.Post();
        reply.U64();
        var names = new List<string>();
        while (reply.U32() == 1)
        {
            reply.U64();
            var name = reply.Text();
            if (name is not "." and not "..")
                names.Add(name);
            reply.U64();
        }

        Assert.Equal(1u, reply.U32());
        names.Sort(StringComparer.Ordinal);
        return [.. names];
    }

    /// <summary>Sends what is under way and takes in its answer. Who is told to come later (the database is away) calls anew: nothing was done.</summary>
    private void Answer(NfsPeer peer)
    {
        var call = _underWay!;
        XdrParser reply;
        uint status;
        while (true)
        {
            peer.SendRecord(peer.Message(NfsPeer.Nfs, call.Version, call.Procedure, call.Arguments, call.Xid));
            reply = new XdrParser(peer.Receive() ?? throw new IOException("closed"));
            Assert.Equal(call.Xid, reply.U32());
            Assert.Equal([1u, 0, 0, 0, 0], new[] { reply.U32(), reply.U32(), reply.U32(), reply.U32(), reply.U32() });
            status = reply.U32();
            if (status != Later)
                break;
            Postponed++;
            Thread.Sleep(20);
            call.Xid = _xid++;
        }

        Assert.True(status == 0, $"client {index}, {call.Name}: status {status}");
        call.Done(reply);
        _underWay = null;
        Answered++;
    }

    private void Count(CatalogEventKind kind)
    {
        lock (_gate)
            Events[kind] = Events.GetValueOrDefault(kind) + 1;
    }

    private RetriedCall Next(NfsPeer peer)
    {
        var place = (_random.Next(2), "n" + _random.Next(Names));
        if (!_files.TryGetValue(place, out var file))
            return Make(place);
        switch (_random.Next(file.Type == Regular ? 9 : 4))
        {
            case 0:
                return Remove(place, file);
            case 1 or 2 when Rename(place, file) is { } rename:
                return rename;
            case 3 when file.Type is Regular or Directory:
                return SetMode(peer, file);
            case 4 when FreePlace() is { } free:
                return AddLink(file, free);
            case 5 when hasVersion2:
                var text = Encoding.Latin1.GetBytes($"{_random.Next(1000)};");
                var at = file.Content.Length < 100 ? file.Content.Length : 0;
                return new RetriedCall($"write {place}", 2, 8, new Xdr().Fixed(file.Handle).U32(0, (uint)at, 0).Opaque(text), _ =>
                {
                    var content = new byte[Math.Max(file.Content.Length, at + text.Length)];
                    file.Content.CopyTo(content, 0);
                    text.CopyTo(content, at);
                    file.Content = content;
                });
            case 6 or 7:
                var name = $".(fset)({place.Item2})(io)";
                var directory = new Xdr().Opaque(_directories[place.Item1]).Text(name);

                // GUARDED: it must not find what it did itself.
                return file.IsIoEnabled
                    ? new RetriedCall($"rm {name}", 3, 12, directory, _ => file.IsIoEnabled = false)
                    : new RetriedCall($"touch {name}", 3, 8, directory.U32(1).Add(Xdr.Change3(0x1A4)), _ => file.IsIoEnabled = true);
            default:
                return Remove(place, file);
        }
    }

    private RetriedCall Make((int Directory, string Name) place)
    {
        var mode = 0x180u + (uint)_random.Next(64);
        var at = new Xdr().Opaque(_directories[place.Directory]).Text(place.Name);
        switch (_random.Next(hasVersion2 ? 8 : 6))
        {
            case 0:
                return New("mkdir", 9, Directory, at.Add(Xdr.Change3(mode)));
            case 1:
                return New("symlink", 10, Link, at.Add(Xdr.Change3()).Text("target"));
            case 2:
                return New("mknod", 11, Fifo, at.U32(7).Add(Xdr.Change3(mode)));
            case 3:
                mode = 0;
                return New("create exclusively", 8, Regular, at.U32(2).U64((ulong)_made++ << 8));
            case 4:
                // Two changes: the times come after the making.
                return New("create with times", 8, Regular, at.U32(0).Add(Xdr.Change3(mode, mtime: 1000)));
            case 5:
                return New("create", 8, Regular, at.U32(1).Add(Xdr.Change3(mode)));
        }

        var isDirectory = _random.Next(2) == 0;
        var name = isDirectory ? "mkdir" : "create";
        var arguments = new Xdr().Fixed(_directories[place.Directory]).Text(place.Name).Add(Xdr.Change2(mode));
        return new RetriedCall($"{name} of version 2 {place}", 2, isDirectory ? 14u : 9, arguments, reply => Add(isDirectory ? Directory : Regular, reply.Fixed(32)));

        RetriedCall New(string what, uint procedure, uint type, Xdr arguments) => new($"{what} {place}", 3, procedure, arguments, reply => Add(type, reply.PostHandle()!));

        void Add(uint type, byte[] handle)
        {
            _files.Add(place, new RetriedFile { Type = type, Handle = handle, Mode = mode });
            Count(CatalogEventKind.Created);
        }
    }

    private RetriedCall Remove((int Directory, string Name) place, RetriedFile file)
    {
        var isDirectory = file.Type == Directory;
        void Done(XdrParser reply) => Gone(place);
        if (hasVersion2 && _random.Next(3) == 0)
            return new RetriedCall($"remove of version 2 {place}", 2, isDirectory ? 15u : 10, new Xdr().Fixed(_directories[place.Directory]).Text(place.Name), Done);
        return new RetriedCall($"remove {place}", 3, isDirectory ? 13u : 12, new Xdr().Opaque(_directories[place.Directory]).Text(place.Name), Done);
    }

    private RetriedCall? Rename((int Directory, string Name) place, RetriedFile file)
    {
        var to = (Directory: _random.Next(2), Name: "n" + _random.Next(Names));
        if (to == place)
            return null;
        if (_files.TryGetValue(to, out var target) && (target == file || (target.Type == Directory) != (file.Type == Directory)))
            return null;
        void Done(XdrParser reply)
        {
            if (target is not null)
                Gone(to);
            _files.Remove(place);
            _files[to] = file;
            Count(CatalogEventKind.Renamed);
        }

        return hasVersion2 && _random.Next(3) == 0
            ? new RetriedCall($"rename of version 2 {place} {to}", 2, 11, new Xdr().Fixed(_directories[place.Directory]).Text(place.Name).Fixed(_directories[to.Directory]).Text(to.Name), Done)
            : new RetriedCall($"rename {place} {to}", 3, 14, new Xdr().Opaque(_directories[place.Directory]).Text(place.Name).Opaque(_directories[to.Directory]).Text(to.Name), Done);
    }

    private RetriedCall AddLink(RetriedFile file, (int Directory, string Name) place)
    {
        void Done(XdrParser reply)
        {
            file.Links++;
            _files.Add(place, file);
            Count(CatalogEventKind.Linked);
        }

        return hasVersion2 && _random.Next(3) == 0
            ? new RetriedCall($"link of version 2 {place}", 2, 12, new Xdr().Fixed(file.Handle).Fixed(_directories[place.Directory]).Text(place.Name), Done)
            : new RetriedCall($"link {place}", 3, 15, new Xdr().Opaque(file.Handle).Opaque(_directories[place.Directory]).Text(place.Name), Done);
    }

    /// <summary>Only if nobody changed it since it was looked at: done twice it would have been changed, by itself.</summary>
    private RetriedCall SetMode(NfsPeer peer, RetriedFile file)
    {
        var mode = 0x180u + (uint)_random.Next(64);
        var (seconds, nanoseconds) = ChangeTime(peer, file.Handle);
        return new RetriedCall("setattr", 3, 2, new Xdr().Opaque(file.Handle).Add(Xdr.Change3(mode)).U32(1, seconds, nanoseconds), _ => file.Mode = mode);
    }

    private static (uint Seconds, uint Nanoseconds) ChangeTime(NfsPeer peer, byte[] handle)
    {
        while (true)
        {
            var reply = peer.V3(1, new Xdr().Opaque(handle));
            var status = reply.U32();
            if (status == 0)
                return reply.Attributes3().Change;
            Assert.Equal(Later, status);
            Thread.Sleep(20);
        }
    }

    private (int, string)? FreePlace()
    {
        var place = (_random.Next(2), "n" + _random.Next(Names));
        return _files.ContainsKey(place) ? null : place;
    }

    private void Gone((int, string) place)
    {
        _files.Remove(place, out var file);
        Count(--file!.Links > 0 ? CatalogEventKind.Unlinked : CatalogEventKind.Removed);
    }
}
