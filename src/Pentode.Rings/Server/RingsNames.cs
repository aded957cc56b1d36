using Pentode.Rings.Wire;

namespace Pentode.Rings.Server;

/// <summary>Words of trace lines.</summary>
internal static class RingsNames
{
    public static ReadOnlySpan<byte> Of(RingsTraceKind kind) => kind switch
    {
        RingsTraceKind.SubmitAccept => "submit_accept"u8,
        RingsTraceKind.SubmitReject => "submit_reject"u8,
        RingsTraceKind.Completion => "completion"u8,
        RingsTraceKind.ResourceRegister => "resource_register"u8,
        RingsTraceKind.ResourceRelease => "resource_release"u8,
        _ => "unknown"u8,
    };

    public static ReadOnlySpan<byte> Of(RingsPriority priority) => priority switch
    {
        RingsPriority.Normal => "normal"u8,
        RingsPriority.Low => "low"u8,
        RingsPriority.High => "high"u8,
        _ => "unknown"u8,
    };

    public static ReadOnlySpan<byte> Of(RingsKind kind) => kind switch
    {
        RingsKind.None => "control"u8,
        RingsKind.Nop => "nop"u8,
        RingsKind.Timeout => "timeout"u8,
        RingsKind.Cancel => "cancel"u8,
        RingsKind.SockRead => "sock_read"u8,
        RingsKind.SockWrite => "sock_write"u8,
        RingsKind.SockReadFixed => "sock_read_fixed"u8,
        RingsKind.SockWriteFixed => "sock_write_fixed"u8,
        RingsKind.FileRead => "file_read"u8,
        RingsKind.FileWrite => "file_write"u8,
        RingsKind.Poll => "poll"u8,
        RingsKind.Connect => "connect"u8,
        RingsKind.Accept => "accept"u8,
        RingsKind.OpenAt => "openat"u8,
        RingsKind.Close => "close"u8,
        _ => "unknown"u8,
    };
}
