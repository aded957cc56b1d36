namespace Pentode.Rings.Wire;

/// <summary>What a trace event tells.</summary>
public enum RingsTraceKind : ushort
{
    None = 0,
    SubmitAccept = 1,
    SubmitReject = 2,
    Completion = 3,
    ResourceRegister = 4,
    ResourceRelease = 5,
}
