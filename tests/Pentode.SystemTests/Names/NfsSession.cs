using System.Text;
using Pentode.Tests.Nfs;

namespace Pentode.SystemTests.Names;

/// <summary>The session of the documents as a kernel's client of NFS 3 makes it: touch is CREATE or SETATTR of the times, cat LOOKUP and READ, rm REMOVE.</summary>
internal sealed class NfsSession : IDisposable
{
    private const uint NoEntry = 2, InputOutput = 5, Invalid = 22;
    private readonly NfsPeer _peer;
    private readonly byte[] _users;
    private readonly byte[] _usersByAdministrator;
    private readonly byte[] _config;

    public NfsSession(int port)
    {
        _peer = RetryingClient.Connect(port);
        _users = _peer.Mount("/pnfs");
        var root = _peer.Mount("/fs");
        _usersByAdministrator = Walk(root, "usr");
        _config = Walk(root, "admin", "etc", "config");
    }

    public void Run()
    {
        Assert.Equal(0u, Touch(_users, "run7"));
        Assert.Equal(InputOutput, Cat(_users, "run7").Status);
        Store(_usersByAdministrator, "README", "data\n");
        Assert.Equal((0u, "data\n"), Cat(_usersByAdministrator, "README"));
        Assert.Equal(InputOutput, Cat(_users, "README").Status);
        Assert.Equal(InputOutput, _peer.Write(Walk(_users, "README"), 0, [1]));
        Assert.Equal(NoEntry, Touch(_users, ".(fset)(absent)(io)"));
        Switch(_users, "README", "data\n");
        Assert.Equal((0u, "data\n"), Cat(_usersByAdministrator, "README"));

        // Behind the wormhole.
        Store(_config, "README", "steer\n");
        var wormhole = Walk(_users, ".(config)");
        Switch(wormhole, "README", "steer\n");
        Assert.Equal(InputOutput, Cat(_users, ".(config)(README)").Status);

        // The flag goes with the file.
        Assert.Equal(0u, Touch(_users, ".(fset)(README)(io)"));
        Assert.Equal(0u, _peer.Remove(_users, "README"));
        Store(_usersByAdministrator, "README", "new\n");
        Assert.Equal(InputOutput, Cat(_users, "README").Status);

        Store(_users, ".(use)(1)(run7)", "bfid\n");
        Assert.Equal((0u, "bfid\n"), Cat(_users, ".(use)(1)(run7)"));
        Assert.Equal(0u, _peer.Remove(_users, ".(use)(1)(run7)"));
        Assert.Equal(NoEntry, Cat(_users, ".(use)(1)(run7)").Status);
        Store(_users, ".(tag)(sGroup)", "raw\n");
        var below = _peer.MakeDirectory(_users, "sub");
        Assert.Equal((0u, "raw\n"), Cat(below, ".(tag)(sGroup)"));
        Assert.Equal((0u, ".(tag)(sGroup)\n"), Cat(below, ".(tags)()"));
        var id = Cat(_users, ".(id)(run7)").Text.TrimEnd();
        Assert.Equal(36, id.Length);
        Assert.Equal((0u, "run7\n"), Cat(_users, $".(nameof)({id})"));
        Assert.Equal(0u, Touch(_users, ".(fset)(run7)(size)(5000000000)"));
        Assert.Equal(5_000_000_000u, _peer.Stat(Walk(_users, "run7")).Size);
        Assert.Equal(Invalid, Touch(_users, ".(tg)(x)"));
    }

    public void Dispose() => _peer.Dispose();

    /// <summary>Refused, readable after touch, refused again after rm.</summary>
    private void Switch(byte[] directory, string name, string content)
    {
        Assert.Equal(InputOutput, Cat(directory, name).Status);
        Assert.Equal(0u, Touch(directory, $".(fset)({name})(io)"));
        Assert.Equal((0u, content), Cat(directory, name));
        Assert.Equal(0u, Touch(directory, $".(fset)({name})(io)"));
        Assert.Equal(0u, _peer.Remove(directory, $".(fset)({name})(io)"));
        Assert.Equal(InputOutput, Cat(directory, name).Status);
        Assert.Equal(NoEntry, _peer.Remove(directory, $".(fset)({name})(io)"));
    }

    private byte[] Walk(byte[] from, params string[] names)
    {
        foreach (var name in names)
        {
            var (status, handle) = _peer.Lookup(from, name);
            Assert.True(status == 0, $"{name}: {status}");
            from = handle;
        }

        return from;
    }

    private uint Touch(byte[] directory, string name)
    {
        var (status, handle) = _peer.Lookup(directory, name);
        return status == 0
            ? _peer.V3(2, new Xdr().Opaque(handle).Add(Xdr.Change3(atime: 1, mtime: 1)).U32(0)).U32()
            : _peer.V3(8, new Xdr().Opaque(directory).Text(name).U32(0).Add(Xdr.Change3(0x1B4))).U32();
    }

    private (uint Status, string Text) Cat(byte[] directory, string name)
    {
        var (status, handle) = _peer.Lookup(directory, name);
        if (status != 0)
            return (status, "");
        var read = _peer.Read(handle, 0, 4096);
        return (read.Status, Encoding.UTF8.GetString(read.Data));
    }

    private void Store(byte[] directory, string name, string content)
    {
        Assert.Equal(0u, _peer.V3(8, new Xdr().Opaque(directory).Text(name).U32(0).Add(Xdr.Change3(0x1A4))).U32());
        Assert.Equal(0u, _peer.Write(Walk(directory, name), 0, Encoding.UTF8.GetBytes(content), stable: 2));
    }
}
