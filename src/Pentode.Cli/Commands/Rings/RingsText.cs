using Pentode.Rings.Client;
using Pentode.Rings.Wire;
using Pentode.Rings.Wire.V2;

namespace Pentode.Cli.Commands.Rings;

/// <summary>The protocol's numbers in the words of the original's trace lines.</summary>
internal static class RingsText
{
    private static readonly (RingsOperations Bit, string Name)[] s_operations =
    [
        (RingsOperations.Nop, "nop"),
        (RingsOperations.Timeout, "timeout"),
        (RingsOperations.Read, "read"),
        (RingsOperations.Write, "write"),
        (RingsOperations.Cancel, "cancel"),
        (RingsOperations.ReadFixed, "read_fixed"),
        (RingsOperations.WriteFixed, "write_fixed"),
        (RingsOperations.Poll, "poll"),
        (RingsOperations.Connect, "connect"),
        (RingsOperations.Accept, "accept"),
        (RingsOperations.OpenAt, "openat"),
        (RingsOperations.Close, "close"),
    ];

    /// <summary>What the server's kernel can do.</summary>
    public static IEnumerable<string> Operations(RingsServerFacts server) => s_operations.Where(o => (server.Operations & o.Bit) != 0).Select(o => o.Name);

    /// <summary>Operations of protocol 2, in the words of its specification.</summary>
    public static IEnumerable<string> Operations(RingsWelcome server) =>
        Enum.GetValues<RingsOperation>().Where(o => (server.Operations & (1UL << (int)o)) != 0).Select(o => o switch
        {
            RingsOperation.ReadVector => "readv",
            RingsOperation.WriteVector => "writev",
            RingsOperation.MakeDirectory => "mkdir",
            RingsOperation.GetAttribute => "getxattr",
            RingsOperation.SetAttribute => "setxattr",
            RingsOperation.Receive => "recv",
            RingsOperation.FutexWait => "futex_wait",
            RingsOperation.FutexWake => "futex_wake",
            _ => o.ToString().ToLowerInvariant(),
        });

    /// <summary>Features of protocol 2.</summary>
    public static IEnumerable<string> Features(RingsWelcome server)
    {
        if ((server.Features & RingsFeatures.SharedRing) != 0)
            yield return "shared_ring";
        if ((server.Features & RingsFeatures.Confined) != 0)
            yield return "confined";
        if ((server.Features & RingsFeatures.ActsAsCaller) != 0)
            yield return "acts_as_caller";
    }

    /// <summary>What a trace event tells.</summary>
    public static string Event(RingsTraceKind kind) => kind switch
    {
        RingsTraceKind.SubmitAccept => "submit_accept",
        RingsTraceKind.SubmitReject => "submit_reject",
        RingsTraceKind.Completion => "completion",
        RingsTraceKind.ResourceRegister => "resource_register",
        RingsTraceKind.ResourceRelease => "resource_release",
        _ => "unknown",
    };

    /// <summary>Kind of a task; "control" for none.</summary>
    public static string Kind(RingsKind kind) => kind switch
    {
        RingsKind.None => "control",
        RingsKind.Nop => "nop",
        RingsKind.Timeout => "timeout",
        RingsKind.Cancel => "cancel",
        RingsKind.SockRead => "sock_read",
        RingsKind.SockWrite => "sock_write",
        RingsKind.SockReadFixed => "sock_read_fixed",
        RingsKind.SockWriteFixed => "sock_write_fixed",
        RingsKind.FileRead => "file_read",
        RingsKind.FileWrite => "file_write",
        RingsKind.Poll => "poll",
        RingsKind.Connect => "connect",
        RingsKind.Accept => "accept",
        RingsKind.OpenAt => "openat",
        RingsKind.Close => "close",
        _ => "unknown",
    };

    /// <summary>Priority of a task.</summary>
    public static string Priority(RingsPriority priority) => priority switch
    {
        RingsPriority.Normal => "normal",
        RingsPriority.Low => "low",
        RingsPriority.High => "high",
        _ => "unknown",
    };
}
