using System.Diagnostics;
using System.Globalization;
using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Nbd.Wire;

namespace Pentode.Nbd.Server;

/// <content>One line for each request, only when tracing was asked for.</content>
internal sealed partial class NbdSession
{
    private void Trace(NbdRequest request, Errno error)
    {
        var microseconds = Stopwatch.GetElapsedTime(request.TraceStart).TotalMicroseconds;
        var flags = request.Flags == NbdCommandFlags.None ? "" : $" flags={request.Flags}";
        _options.Log.Write(LogLevel.Info, string.Create(CultureInfo.InvariantCulture,
            $"nbd {_peer}: {request.Type} cookie=0x{request.Cookie:x} offset={request.Offset} length={request.Length}{flags} -> {(error == Errno.None ? "ok" : error.ToString())} in {microseconds:0} us"));
    }
}
