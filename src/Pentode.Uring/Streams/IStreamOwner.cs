using Pentode.Core;

namespace Pentode.Uring.Streams;

/// <summary>Owner of a <see cref="StreamOutput"/>.</summary>
public interface IStreamOwner : IFaultOwner
{
    /// <summary>A send has ended; what it carried has been let go. After an error nothing more can be sent.</summary>
    void OnSent(Errno error);
}
