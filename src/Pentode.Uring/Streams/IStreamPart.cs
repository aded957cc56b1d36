namespace Pentode.Uring.Streams;

/// <summary>Owner of bytes on their way out of a <see cref="StreamOutput"/> that lie in its own memory or file.</summary>
public interface IStreamPart
{
    /// <summary>They are not read any more: sent, or the connection is gone. Once, on the loop.</summary>
    void OnLeft();
}
