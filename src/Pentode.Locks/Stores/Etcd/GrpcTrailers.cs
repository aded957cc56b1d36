using System.Globalization;
using System.Net.Http.Headers;

namespace Pentode.Locks.Stores.Etcd;

/// <summary>Reads grpc-status and grpc-message, which are trailers, or ordinary headers of an answer without a body.</summary>
internal static class GrpcTrailers
{
    /// <summary>The status of an answer whose body was read to its end.</summary>
    public static GrpcReply Read(HttpResponseMessage response, byte[] payload)
    {
        var status = Find(response.TrailingHeaders, "grpc-status") ?? Find(response.Headers, "grpc-status");
        var text = Find(response.TrailingHeaders, "grpc-message") ?? Find(response.Headers, "grpc-message") ?? "";
        if (!int.TryParse(status, NumberStyles.None, CultureInfo.InvariantCulture, out var code) || code > (int)GrpcCode.Unauthenticated)
            return new GrpcReply(GrpcCode.Unknown, Sent: true, "an answer without a gRPC status", []);
        return new GrpcReply((GrpcCode)code, Sent: true, Uri.UnescapeDataString(text), payload);
    }

    private static string? Find(HttpResponseHeaders headers, string name) =>
        headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;
}
