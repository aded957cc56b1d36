namespace Pentode.Rings.Client;

/// <summary>Names one task from outside, for <see cref="RingsClient.Cancel"/>. May be used again for another task once the first ended.</summary>
public sealed class RingsTicket
{
    /// <summary>Id the server gave it; 0 before it was accepted. Stays after the task ended.</summary>
    public ulong TaskId { get; internal set; }

    /// <summary>The task under way.</summary>
    internal RingsRequest? Request { get; set; }

    /// <summary>True from the call until its task ended.</summary>
    public bool IsUnderWay => Request is not null;
}
