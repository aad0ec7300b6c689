#!/bin/sh
# Builds both images from their unchanged Dockerfiles, with buildah and without a registry. It makes replacements for
# the base images from this machine's own libraries and .NET. ContainerImages.cs calls this script and sets
# CONTAINERS_STORAGE_CONF and CONTAINERS_CONF:
#   images.sh probe
#   images.sh build DIRECTORY DOTNET PACKAGES SDK_IMAGE RUNTIME_IMAGE TREE
#   images.sh clean DIRECTORY
# PACKAGES is a folder of NuGet packages, and the only feed of the builds. A NuGet.config names this feed. The builds
# get the file as a build secret, as they would get the NuGet.config of an operator.
set -eu

if [ "$1" = probe ]; then
    container=$(buildah from scratch)
    root=$(buildah mount "$container")
    cp "$(command -v busybox)" "$root/busybox"
    buildah commit --quiet --rm "$container" orleanschat-probe > /dev/null
    podman run --rm --network host --read-only --read-only-tmpfs=false --cap-drop all --memory 64m orleanschat-probe /busybox true
    podman rmi orleanschat-probe > /dev/null
    exit
fi

if [ "$1" = clean ]; then
    podman rm --all --force --time 0 > /dev/null 2>&1 || true
    buildah rm --all > /dev/null 2>&1 || true
    podman image unmount --all --force > /dev/null 2>&1 || true
    umount "$2/graph/overlay" 2> /dev/null || true
    rm -rf "$2/graph" "$2/run"
    exit
fi

work=$2 dotnet=$3 packages=$4 sdk=$5 runtime=$6 tree=$7
TMPDIR=$work # buildah keeps the caches of the builds in TMPDIR.
export TMPDIR

# Makes a root file system that has only the parts of the real base image that .NET needs. The root file system has no
# shell, no ICU and no Kerberos.
make_root() {
    mkdir -p "$1/usr/bin" "$1/usr/lib64" "$1/usr/lib" "$1/etc/ssl/certs" "$1/usr/lib/ssl" "$1/tmp" "$1/root" "$1/var/tmp" "$1/proc" "$1/sys" "$1/dev" "$1/run" "$1$dotnet"
    ln -s usr/bin "$1/bin"; ln -s usr/lib "$1/lib"; ln -s usr/lib64 "$1/lib64"
    chmod 1777 "$1/tmp" "$1/var/tmp"
    printf 'root:x:0:0::/root:/bin/sh\napp:x:1654:1654::/home/app:/bin/false\n' > "$1/etc/passwd"
    printf 'root:x:0:\napp:x:1654:\n' > "$1/etc/group"
    printf 'hosts: files dns\n' > "$1/etc/nsswitch.conf"
    for loader in /lib64/ld-linux-x86-64.so.2 /lib/ld-linux-aarch64.so.1; do
        [ ! -e "$loader" ] || cp -L "$loader" "$1$loader"
    done
    for library in libc.so.6 libm.so.6 libdl.so.2 libpthread.so.0 librt.so.1 libresolv.so.2 libgcc_s.so.1 libstdc++.so.6 \
        libssl.so.3 libcrypto.so.3 libz.so.1; do
        found=$(ldconfig -p | sed -n "s|^[[:space:]]*$library .* => ||p" | head -1)
        [ -z "$found" ] || { mkdir -p "$1$(dirname "$found")"; cp -L "$found" "$1$found"; }
    done
    # .NET reads certificates only from this file and this directory.
    cp -L /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/certs/"
    ln -s /etc/ssl/certs "$1/usr/lib/ssl/certs"
    ln -s "$dotnet/dotnet" "$1/usr/bin/dotnet"
}

container=$(buildah from scratch)
root=$(buildah mount "$container")
make_root "$root"
cp -a "$dotnet/dotnet" "$dotnet/host" "$dotnet/shared" "$root$dotnet/"
buildah config --user 1654 --env DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=true --env PATH=/usr/bin "$container"
buildah commit --quiet --rm "$container" "$runtime"

# The base image of the build stage. It contains no SDK, because the builds below mount the SDK.
container=$(buildah from scratch)
root=$(buildah mount "$container")
make_root "$root"
cp "$(command -v busybox)" "$root/usr/bin/busybox"
ln -s busybox "$root/usr/bin/sh"; ln -s busybox "$root/usr/bin/mkdir"
buildah config --env DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=true --env PATH=/usr/bin --env DOTNET_CLI_TELEMETRY_OPTOUT=1 "$container"
buildah commit --quiet --rm "$container" "$sdk"

# The feed is also a fallback folder, because NuGet uses the packages of a fallback folder in place. From a feed, NuGet
# would unpack each package again, which takes minutes.
cat > "$work/nuget.config" <<'CONFIG'
<configuration>
  <packageSources><clear /><add key="feed" value="/feed" /></packageSources>
  <fallbackPackageFolders><clear /><add key="feed" value="/feed" /></fallbackPackageFolders>
</configuration>
CONFIG
for program in silo gateway; do
    buildah build --pull-never --isolation chroot --network host --volume "$dotnet:$dotnet:ro" --volume "$packages:/feed:ro" \
        --secret "id=nuget.config,src=$work/nuget.config" --build-arg REVISION=0123456 \
        --file "$tree/deploy/Dockerfile.$program" --tag "orleanschat-$program" "$tree"
done
