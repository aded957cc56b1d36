using Pentode.Nfs.Rpc;

namespace Pentode.Nfs.Server;

/// <summary>Calls by procedure. Kept by one thread; read by others, a little behind.</summary>
internal sealed class NfsCounts
{
    private const int Procedures = 24;

    private static readonly string[] s_v2 =
    [
        "null", "getattr", "setattr", "root", "lookup", "readlink", "read", "writecache", "write", "create", "remove", "rename", "link", "symlink", "mkdir", "rmdir",
        "readdir", "statfs",
    ];

    private static readonly string[] s_v3 =
    [
        "null", "getattr", "setattr", "lookup", "access", "readlink", "read", "write", "create", "mkdir", "symlink", "mknod", "remove", "rmdir", "rename", "link",
        "readdir", "readdirplus", "fsstat", "fsinfo", "pathconf", "commit",
    ];

    private static readonly string[] s_mount = ["null", "mnt", "dump", "umnt", "umntall", "export"];

    private readonly long[] _calls = new long[3 * Procedures];
    private readonly long[] _errors = new long[3 * Procedures];

    /// <summary>Every procedure counted, with a name such as <c>v3.getattr</c>.</summary>
    public static IEnumerable<(uint Program, uint Version, uint Procedure, string Name)> All =>
        s_v2.Select((name, i) => (RpcConstants.NfsProgram, 2u, (uint)i, "v2." + name))
            .Concat(s_v3.Select((name, i) => (RpcConstants.NfsProgram, 3u, (uint)i, "v3." + name)))
            .Concat(s_mount.Select((name, i) => (RpcConstants.MountProgram, 3u, (uint)i, "mount." + name)));

    /// <summary>The name of a procedure, for traces.</summary>
    public static string NameOf(uint program, uint version, uint procedure)
    {
        var names = program == RpcConstants.NfsProgram ? (version == 2 ? s_v2 : s_v3) : program == RpcConstants.MountProgram ? s_mount : [];
        return procedure < names.Length ? names[procedure] : $"{program}.{version}.{procedure}";
    }

    public void Count(uint program, uint version, uint procedure, bool isError)
    {
        if (Index(program, version, procedure) is not (var index and >= 0))
            return;
        _calls[index]++;
        if (isError)
            _errors[index]++;
    }

    public long Calls(uint program, uint version, uint procedure) => Volatile.Read(ref _calls[Index(program, version, procedure)]);

    public long Errors(uint program, uint version, uint procedure) => Volatile.Read(ref _errors[Index(program, version, procedure)]);

    private static int Index(uint program, uint version, uint procedure) => procedure >= Procedures ? -1 : program switch
    {
        RpcConstants.NfsProgram => (int)(((version == 2 ? 0u : 1u) * Procedures) + procedure),
        RpcConstants.MountProgram => (int)((2 * Procedures) + procedure),
        _ => -1,
    };
}
